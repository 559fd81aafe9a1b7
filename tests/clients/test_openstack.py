"""`openstack volume message ...` of python-openstackclient, with a given token and endpoint."""

import json

import pytest

from cli import Failed, run, table
from conftest import NO_STORAGE, ids


@pytest.fixture
def openstack(url, project):
    def call(*arguments, roles='member,reader', options=()):
        return run(
            'openstack', '--os-auth-type', 'admin_token', '--os-endpoint', f'{url}/v3/{project}',
            '--os-token', f'tester:{project}:{roles}', *options, 'volume', 'message', *arguments,
        )

    return call


@pytest.fixture
def listed(openstack):
    """Returns the machine-readable output of `openstack volume message list`."""
    return lambda *arguments, **how: json.loads(openstack('list', '-f', 'json', *arguments, **how))


def test_list(listed, three):
    rows = listed()
    assert ids(rows, 'ID') == ids(three)[::-1], 'the newest comes first'
    expected = three[0]
    assert rows[2] == {
        'ID': expected['id'],
        'Event ID': 'VOLUME_000002',
        'Resource Type': 'VOLUME',
        'Resource UUID': expected['resource_uuid'],
        'Message Level': 'ERROR',
        'User Message': NO_STORAGE,
        'Request ID': expected['request_id'],
        'Created At': expected['created_at'],
        'Guaranteed Until': expected['guaranteed_until'],
    }


def test_list_with_an_explicit_microversion(listed, three):
    assert ids(listed(options=['--os-volume-api-version', '3.71']), 'ID') == ids(three)[::-1]


def test_list_as_a_table(openstack, three):
    assert ids(table(openstack('list')), 'ID') == ids(three)[::-1]


def test_limit_is_the_size_of_the_pages(listed, three):
    """This client uses --limit as the page size, and requests one page after the other."""
    assert ids(listed('--limit', '1'), 'ID') == ids(three)[::-1]


def test_marker(listed, three):
    newest_first = ids(three)[::-1]
    assert ids(listed('--marker', newest_first[0]), 'ID') == newest_first[1:]


def test_show_ends_well(openstack, three):
    """The client reads a key that no server sends, and prints None for all but the id."""
    shown = json.loads(openstack('show', '-f', 'json', three[0]['id']))
    assert shown['ID'] == three[0]['id']


def test_delete(openstack, listed, three):
    first, second, third = ids(three)
    assert openstack('delete', first, second) == ''
    assert ids(listed(), 'ID') == [third]
    with pytest.raises(Failed, match='Failed to delete 1 of 1 messages'):
        openstack('delete', first)


def test_a_reader_may_not_delete(openstack, listed, three):
    with pytest.raises(Failed, match='Failed to delete 1 of 1 messages'):
        openstack('delete', three[0]['id'], roles='reader')
    assert len(listed()) == 3
