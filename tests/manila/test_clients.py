"""python-manilaclient, new and old, and openstacksdk: directly, and behind a proxy in front of Manila."""

import json
import os
import subprocess

import openstack
import pytest

import clients
from recording import Recording

# The endpoint of one region is the server, that of the other one the proxy.
REGIONS = ['RegionOne', 'RegionTwo']
TEXT = 'find storage: No storage could be allocated for this share request.'


@pytest.fixture(scope='session')
def manila():
    return Recording()


ALICE = {'auth_url': os.environ['KEYSTONE_URL'] + '/v3', 'username': 'alice', 'password': 'secret', 'project_name': 'demo',
         'user_domain_name': 'Default', 'project_domain_name': 'Default'}


@pytest.mark.parametrize('region', REGIONS)
def test_openstack_lists_shows_and_deletes(manila, region):
    one, fields = manila.record()
    two, _ = manila.record(action='REVERT_TO_SNAPSHOT', detail='035', resource_type='SHARE_SNAPSHOT')
    resource, request = fields['resource_uuid'], fields['request_id']
    options = [f'--os-{name.replace("_", "-")}={value}' for name, value in {**ALICE, 'region_name': region}.items()]

    def message(*words, output='json'):
        return clients.openstack(*options, 'share', 'message', *words, output=output)

    rows = {row['ID']: row for row in message('list')}
    assert {one, two} <= rows.keys()
    row = rows[one]
    assert (row['Resource Type'], row['Resource ID'], row['User Message']) == ('SHARE', resource, TEXT)
    assert (row['Action ID'], row['Detail ID']) == ('001', '002')
    for words in [('--resource-id', resource), ('--request-id', request)]:
        assert [row['ID'] for row in message('list', *words)] == [one]
    found = [row['ID'] for row in message('list', '--resource-type', 'share_snapshot', '--action-id', '006', '--detail-id', '035')]
    assert two in found and one not in found
    assert len(message('list', '--limit', '1', '--message-level', 'ERROR')) == 1
    assert message('list', '--before', '2026-01-01') == []
    assert one in [row['ID'] for row in message('list', '--since', '2026-01-01')]
    shown = message('show', one)
    assert (shown['id'], shown['resource_id'], shown['request_id'], shown['user_message']) == (one, resource, request, TEXT)
    assert shown['message_level'] == 'ERROR'
    message('delete', one, two, output=None)
    assert not {one, two} & {row['ID'] for row in message('list')}
    with pytest.raises(AssertionError, match=one):
        message('show', one)


@pytest.mark.parametrize('region', REGIONS)
def test_manila_lists_shows_and_deletes(manila, region):
    one, fields = manila.record()
    resource, request = fields['resource_uuid'], fields['request_id']
    commands = [
        ['message-list'],
        ['message-list', '--resource_id', resource, '--request_id', request, '--limit', '1'],
        ['message-list', '--resource_type', 'share_snapshot'],
        ['message-show', one],
        ['message-delete', one],
        ['message-list'],
        ['message-show', one],
    ]
    environment = {**os.environ, 'OS_REGION_NAME': region, **{f'OS_{name.upper()}': value for name, value in ALICE.items()}}
    command = [os.environ['MANILA_PYTHON'], 'tests/manila/commands.py', json.dumps(commands)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=True)
    (*succeeded, missing) = json.loads(done.stdout)
    assert not any(failed for failed, _ in succeeded), succeeded
    everything, filtered, others, shown, _, left = (text for _, text in succeeded)
    assert one in everything and TEXT in everything
    assert one in filtered and one not in others and one not in left
    assert all(part in shown for part in (one, resource, request, TEXT, 'expires_at'))
    assert missing[0]


@pytest.mark.parametrize('region', REGIONS)
def test_openstacksdk_pages_to_the_end(manila, region):
    made = {manila.record()[0] for _ in range(3)}
    cloud = openstack.connect(**ALICE, region_name=region)
    shares = cloud.shared_file_system
    found = [message.id for message in shares.user_messages(limit=1)]
    assert made <= set(found) and len(found) == len(set(found))
    for identity in made:
        assert shares.get_user_message(identity).user_message == TEXT
        shares.delete_user_message(identity, ignore_missing=False)
    assert not made & {message.id for message in shares.user_messages()}
