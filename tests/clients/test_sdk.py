"""openstacksdk with and without a microversion."""

import openstack
import pytest

from conftest import NO_STORAGE, ids


@pytest.fixture(params=[None, '3.3', '3.71'])
def block_storage(request, url, project):
    """The SDK's proxy; the first parameter sends no microversion."""
    options = {'block_storage_default_microversion': request.param} if request.param else {}
    connection = openstack.connect(
        auth_type='admin_token',
        auth={'endpoint': f'{url}/v3/{project}', 'token': f'tester:{project}:member,reader'},
        **options,
    )
    yield connection.block_storage
    connection.close()


def test_list_in_pages(block_storage, three):
    newest_first = ids(three)[::-1]
    assert [message.id for message in block_storage.messages()] == newest_first
    assert [message.id for message in block_storage.messages(limit=2)] == newest_first
    assert [message.id for message in block_storage.messages(limit=2, paginated=False)] == newest_first[:2]
    assert [message.id for message in block_storage.messages(marker=newest_first[0])] == newest_first[1:]
    assert [message.id for message in block_storage.messages(sort='created_at:asc')] == newest_first[::-1]


def test_the_fields_of_a_listed_message(block_storage, three):
    message = next(iter(block_storage.messages(sort='created_at:asc')))
    assert message.event_id == 'VOLUME_000002'
    assert message.user_message == NO_STORAGE
    assert message.message_level == 'ERROR'
    for field in ('created_at', 'guaranteed_until', 'request_id', 'resource_type', 'resource_uuid'):
        assert getattr(message, field) == three[0][field], field


def test_get(block_storage, three):
    message = three[1]
    # The SDK looks for the fields under `messages` instead of `message`, so only the id is set.
    assert block_storage.get_message(message['id']).id == message['id']
    answer = block_storage.get(f'/messages/{message["id"]}')
    shown = answer.json()['message']
    # The links of the record may have another host name.
    assert {**shown, 'links': None} == {**message, 'links': None}


def test_an_unknown_message_is_not_found(block_storage):
    with pytest.raises(openstack.exceptions.NotFoundException):
        block_storage.get_message('00000000-0000-4000-8000-000000000000')


def test_delete(block_storage, three):
    first, second, third = ids(three)
    block_storage.delete_message(first)
    assert [message.id for message in block_storage.messages()] == [third, second]
    block_storage.delete_message(first)
    with pytest.raises(openstack.exceptions.NotFoundException):
        block_storage.delete_message(first, ignore_missing=False)
