"""Masakari's clients and monitors. They expect a noauth server at $TIDINGS_URL; tests/steps/52-masakari starts one."""

import functools
import json
import os
import subprocess
import uuid

import pytest
from openstack import connect, exceptions

from clients import openstack
from monitors import now, send

ENDPOINTS = ['/v1', '/instance-ha/v1']


@pytest.fixture(params=ENDPOINTS)
def endpoint(request):
    return os.environ['TIDINGS_URL'] + request.param


@pytest.fixture
def cli(endpoint):
    """Runs `openstack` as an administrator without a token, and returns its JSON."""
    return functools.partial(openstack, '--os-auth-type', 'none', '--os-endpoint', endpoint)


@pytest.fixture
def sdk(endpoint):
    return connect(auth_type='none', endpoint=endpoint, ha_api_version='1.3').instance_ha


@pytest.fixture
def host(sdk):
    """A host of a segment, both of the test's own."""
    name = uuid.uuid4().hex
    segment = sdk.create_segment(name=name, recovery_method='auto', service_type='COMPUTE')
    return sdk.create_host(segment_id=segment.uuid, name=name, type='COMPUTE', control_attributes='SSH')


def payload():
    return {'event': 'LIFECYCLE', 'instance_uuid': str(uuid.uuid4()), 'vir_domain_event': 'STOPPED_FAILED'}


def test_segments_and_hosts_on_the_command_line(cli):
    name = uuid.uuid4().hex
    made = cli('segment', 'create', name, 'auto', 'COMPUTE')
    assert made['name'] == name
    assert cli('segment', 'show', made['uuid'])['recovery_method'] == 'auto'
    assert cli('segment', 'update', made['uuid'], '--description', 'a rack')['description'] == 'a rack'
    assert name in [row['name'] for row in cli('segment', 'list')]
    host = cli('segment', 'host', 'create', name, 'COMPUTE', 'SSH', made['uuid'])
    assert cli('segment', 'host', 'show', made['uuid'], host['uuid'])['name'] == name
    cli('segment', 'host', 'update', '--on_maintenance', 'True', made['uuid'], host['uuid'])
    assert [str(row['on_maintenance']) for row in cli('segment', 'host', 'list', made['uuid'])] == ['True']
    cli('segment', 'host', 'delete', made['uuid'], host['uuid'], output=None)
    cli('segment', 'delete', made['uuid'], output=None)


def test_notifications_on_the_command_line(cli, host):
    made = cli('notification', 'create', 'VM', host.name, now(), json.dumps(payload()))
    assert (made['type'], made['source_host_uuid']) == ('VM', host.uuid)
    rows = cli('notification', 'list')
    assert made['notification_uuid'] in [row['notification_uuid'] for row in rows]
    assert cli('notification', 'show', made['notification_uuid'])['type'] == 'VM'


def test_the_program_openstack(endpoint, host):
    environment = {**os.environ, 'OS_AUTH_TYPE': 'none', 'OS_ENDPOINT': endpoint}
    command = ['openstack', 'segment', 'show', host.failover_segment_id, '-f', 'value', '-c', 'name']
    shown = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=True)
    assert shown.stdout.strip() == host.name


def test_the_monitors_sender(endpoint, host, sdk, tmp_path):
    config = tmp_path / 'masakarimonitors.conf'
    config.write_text(f'[api]\nauth_type = none\nendpoint = {endpoint}\n', encoding='utf-8')
    event = {'type': 'VM', 'hostname': host.name, 'generated_time': now(), 'payload': payload()}
    # The second one is a duplicate, which the sender takes for sent.
    for _ in range(2):
        send(config, event)
    sent = list(sdk.notifications(source_host_uuid=host.uuid))
    assert [one.payload for one in sent] == [event['payload']]


def test_the_sdk(sdk, host):
    assert host.failover_segment_id == sdk.get_segment(host.failover_segment_id).uuid
    made = sdk.create_notification(
        type='COMPUTE_HOST',
        hostname=host.name,
        generated_time=now(),
        payload={'event': 'STOPPED', 'cluster_status': 'OFFLINE', 'host_status': 'NORMAL'},
    )
    shown = sdk.get_notification(made.notification_uuid)
    assert shown.source_host_uuid == host.uuid
    assert list(sdk.vmoves(made.notification_uuid)) == []
    assert [one.id for one in sdk.notifications(source_host_uuid=host.uuid, limit=1)]
    with pytest.raises(exceptions.ConflictException):
        sdk.delete_segment(host.failover_segment_id, ignore_missing=False)
    with pytest.raises(exceptions.NotFoundException):
        sdk.get_segment(str(uuid.uuid4()))
