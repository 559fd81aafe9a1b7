"""The `cinder` command of python-cinderclient. With noauth it requests the unscoped /v3/messages."""

import pytest

from cli import Failed, run, table
from conftest import NO_STORAGE, ids


@pytest.fixture
def cinder(url, project):
    """Runs `cinder` in the test's project. The client sends user:project as its token, so roles can be appended."""

    def call(*arguments, roles='member,reader', version='3.71'):
        return run(
            'cinder', '--os-auth-type', 'noauth', '--os-endpoint', f'{url}/v3', '--os-user-id', 'tester',
            '--os-project-id', f'{project}:{roles}', '--os-volume-api-version', version, *arguments,
        )

    return call


@pytest.fixture
def listed(cinder):
    """Returns the ids in the table of `cinder message-list`, in order."""
    return lambda *arguments, **how: ids(table(cinder('message-list', *arguments, **how)), 'ID')


def test_list_shows_the_messages_of_the_project(cinder, three):
    rows = {row['ID']: row for row in table(cinder('message-list'))}
    assert set(rows) == set(ids(three))
    first = rows[three[0]['id']]
    assert first['Resource Type'] == 'VOLUME'
    assert first['Resource UUID'] == three[0]['resource_uuid']
    assert first['Event ID'] == 'VOLUME_000002'
    assert first['User Message'] == NO_STORAGE
    assert rows[three[2]['id']]['Event ID'] == 'VOLUME_VOLUME_SNAPSHOT_009_006'


def test_list_of_a_project_without_messages_is_empty(listed):
    assert listed() == []


@pytest.mark.parametrize('version', ['3.3', '3.5', '3.30', '3.31', '3.71'])
def test_list_works_at_every_microversion(listed, three, version):
    assert set(listed(version=version)) == set(ids(three))


def test_filters(listed, three):
    no_storage, read_only, snapshot = three
    assert listed('--resource_uuid', read_only['resource_uuid']) == [read_only['id']]
    assert listed('--resource_type', 'volume_snapshot') == [snapshot['id']]
    assert listed('--event_id', 'VOLUME_000002') == [no_storage['id']]
    assert listed('--request_id', snapshot['request_id']) == [snapshot['id']]
    assert listed('--level', 'warning') == [read_only['id']]
    assert listed('--filters', 'message_level=ERROR', '--filters', 'resource_type=VOLUME') == [no_storage['id']]
    assert listed('--resource_uuid', 'nothing-has-this-id') == []


def test_filters_by_a_part_of_the_value_are_the_admins(listed, three, project):
    _, read_only, snapshot = three
    # An admin sees every project, so the filter narrows the list down to this one.
    mine = ['--filters', f'project_id={project}']
    assert set(listed(*mine, roles='admin')) == set(ids(three))
    assert listed(*mine, '--filters', 'event_id~=SNAPSHOT', roles='admin') == [snapshot['id']]
    assert listed(*mine, '--filters', 'message_level~=ARN', roles='admin') == [read_only['id']]
    with pytest.raises(Failed, match='Invalid filters event_id~ are found in query options'):
        listed('--filters', 'event_id~=SNAPSHOT')


def test_unknown_filters_are_named(listed):
    with pytest.raises(Failed, match='Invalid filters colour are found in query options'):
        listed('--filters', 'colour=blue')


def test_sort_limit_and_marker(listed, three):
    oldest_first = ids(three)
    assert listed('--sort', 'created_at:asc') == oldest_first
    assert listed('--sort', 'created_at:desc') == oldest_first[::-1]
    assert listed('--sort', 'created_at:asc', '--limit', '2') == oldest_first[:2]
    assert listed('--sort', 'created_at:asc', '--marker', oldest_first[0]) == oldest_first[1:]
    assert listed('--sort', 'created_at:asc', '--limit', '1', '--marker', oldest_first[0]) == [oldest_first[1]]
    assert set(listed('--limit', '2')) == set(oldest_first[1:]), 'the newest come first by default'


def test_an_unknown_marker_is_an_error(listed, three):
    with pytest.raises(Failed, match='could not be found'):
        listed('--marker', '00000000-0000-4000-8000-000000000000')


def test_list_follows_the_links_beyond_the_largest_page(listed, record):
    everything = []
    for count in (1000, 5):
        everything += record.batch([{'event_id': 'VOLUME_000001', 'resource_type': 'VOLUME'}] * count)
    shown = listed()
    assert len(shown) == 1005
    assert set(shown) == set(ids(everything))


def test_show(cinder, three):
    for message in three:
        shown = {row['Property']: row['Value'] for row in table(cinder('message-show', message['id']))}
        expected = {key: value for key, value in message.items() if key != 'links'}
        assert shown == expected


def test_show_of_an_unknown_message_fails(cinder):
    with pytest.raises(Failed, match='No message with a name or ID of'):
        cinder('message-show', '00000000-0000-4000-8000-000000000000')


def test_delete(cinder, listed, three):
    first, second, third = ids(three)
    assert cinder('message-delete', first) == ''
    assert set(listed()) == {second, third}
    assert cinder('message-delete', second, third) == ''
    assert listed() == []
    with pytest.raises(Failed, match='Unable to delete any of the specified messages'):
        cinder('message-delete', first)


def test_delete_of_several_goes_on_after_an_unknown_one(cinder, listed, three):
    first, second, third = ids(three)
    said = cinder('message-delete', first, '00000000-0000-4000-8000-000000000000', second)
    assert 'Delete for message 00000000-0000-4000-8000-000000000000 failed' in said
    assert listed() == [third]


def test_a_reader_may_look_but_not_delete(cinder, listed, three):
    message = three[0]['id']
    assert set(listed(roles='reader')) == set(ids(three))
    with pytest.raises(Failed, match="Policy doesn't allow message:delete to be performed"):
        cinder('message-delete', message, roles='reader')
    assert message in listed()


def test_a_role_without_rights_sees_nothing(listed, three):
    with pytest.raises(Failed, match="Policy doesn't allow message:get_all to be performed"):
        listed(roles='visitor')


def test_list_filters(cinder):
    rows = table(cinder('list-filters', '--resource', 'message'))
    assert rows == [
        {'Resource': 'message', 'Filters': 'resource_uuid, resource_type, event_id, request_id, message_level'}
    ]
