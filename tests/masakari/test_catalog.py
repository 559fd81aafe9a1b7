"""Masakari's clients and monitors with tokens of a real Keystone, see conftest.py. Run by tests/steps/55-keystone."""

import json
import subprocess
import sys
import uuid

import openstack
import pytest
from test_engine import ENGINE, until

import document
from compute import Compute
from monitors import now, send


@pytest.fixture
def compute():
    service = Compute()
    yield service
    service.shutdown()
    service.server_close()


@pytest.fixture
def engine(cloud, compute, tmp_path):
    """The example engine with the documented user."""
    environment = {**cloud.environment('engine'), 'OS_COMPUTE_ENDPOINT_OVERRIDE': compute.url, 'FENCE': 'false', 'ENGINE_PAUSE': '0.1'}
    with (tmp_path / 'engine.log').open('w') as log:
        process = subprocess.Popen([sys.executable, str(ENGINE)], env=environment, stdout=log, stderr=log)
    yield tmp_path / 'engine.log'
    process.kill()
    process.wait()


@pytest.fixture(scope='module')
def host(cloud):
    """A host of a segment of the same name, made as documented."""
    name = uuid.uuid4().hex
    commands = document.block('docs/failures.md', 'segments', [('rack1', name), ('compute1', name)])
    subprocess.run(['bash', '-euo', 'pipefail', '-c', commands], env=cloud.environment('admin'), timeout=300, check=True)
    return name


def test_a_failure_is_reported_recovered_and_shown(cloud, monitors_conf, compute, host, engine):
    compute.add_host(host)
    instance = compute.add_server(host)
    payload = {'event': 'LIFECYCLE', 'instance_uuid': instance, 'vir_domain_event': 'STOPPED_FAILED'}
    send(monitors_conf, {'type': 'VM', 'hostname': host, 'generated_time': now(), 'payload': payload})
    listed = cloud.openstack('notification', 'list')
    [sent] = [row['notification_uuid'] for row in listed if instance in str(row['payload'])]
    ha = cloud.connect('admin').instance_ha
    until('the report ends', lambda: ha.get_notification(sent).status in ('finished', 'failed', 'ignored'))
    shown = cloud.openstack('notification', 'show', sent)
    assert shown['status'] == 'finished', engine.read_text()
    assert {effect for effect, _ in compute.effects} == {'os-stop', 'os-start'}


@pytest.mark.parametrize('user, project, reads, works', [
    ('rita', 'demo', 403, 403),
    ('alice', 'demo', 403, 403),
    ('nova', 'service', 403, 200),
    ('engine', 'service', 200, 200),
    ('masakari', 'service', 200, 200),
])
def test_administrators_read_and_services_work(cloud, user, project, reads, works):
    ha = cloud.connect(user, project).instance_ha

    def status(method, path, body=None):
        return ha.request(path, method, json=body, raise_exc=False).status_code

    assert [status('GET', path) for path in ('/notifications', '/segments')] == [reads, reads]
    assert status('POST', '/notifications/claim', {'wait': 0}) == works
    # Nothing is claimed, so whoever may work is told that there is no such notification.
    known, lease = f'/notifications/{uuid.uuid4()}', {'lease': 1}
    calls = [('PUT', 'progress', {}), ('PUT', 'fenced', {'method': 'ipmi', 'evidence': 'off'}), ('POST', 'finish', {'status': 'finished', 'message': 'done'})]
    answers = {status(method, f'{known}/{action}', {**lease, **body}) for method, action, body in calls}
    assert answers == {403 if works == 403 else 404}


def test_the_command_line_says_what_a_role_lacks(cloud):
    with pytest.raises(AssertionError, match="Policy doesn't allow os_masakari_api:notifications:index to be performed"):
        cloud.openstack('notification', 'list', user='rita', project='demo')


def test_an_application_credential_with_access_rules(cloud):
    rule = {'service': 'instance-ha', 'method': 'GET', 'path': '/instance-ha/v1/notifications'}
    made = cloud.openstack('application', 'credential', 'create', '--access-rules', json.dumps([rule]), 'lists', user='masakari')
    made = {name.lower(): value for name, value in made.items()}
    ha = openstack.connect(auth_type='v3applicationcredential', auth_url=cloud.keystone, application_credential_id=made['id'],
                           application_credential_secret=made['secret'], region_name='RegionOne').instance_ha
    assert isinstance(list(ha.notifications()), list)
    with pytest.raises(openstack.exceptions.HttpException) as refused:
        list(ha.segments())
    assert refused.value.status_code == 401


def test_an_endpoint_with_a_project(cloud, host):
    endpoint = cloud.tidings + '/v1/$(project_id)s'
    cloud.openstack('region', 'create', 'RegionTwo')
    cloud.openstack('endpoint', 'create', '--region', 'RegionTwo', 'instance-ha', 'public', endpoint)
    shown = cloud.openstack('--os-region-name', 'RegionTwo', 'segment', 'list')
    assert host in [segment['name'] for segment in shown]
