"""The calls of masakari-dashboard as its pages make them, with the token of an administrator, see conftest.py."""

import sys
import types
import uuid

import pytest
from django.conf import settings
from horizon import defaults

settings.configure(**{name: value for name, value in vars(defaults).items() if name.isupper()} | {
    'API_RESULT_PAGE_SIZE': 2, 'HORIZON_CONFIG': {}})
# Horizon's own API imports the clients of every service; only its list of Nova's services is used.
for name in ('openstack_dashboard', 'openstack_dashboard.api'):
    sys.modules[name] = types.ModuleType(name)
sys.modules['openstack_dashboard.api'].nova = None

from masakaridashboard.api import api  # noqa: E402

from monitors import now  # noqa: E402

COMPUTE_HOST = {'event': 'STOPPED', 'host_status': 'NORMAL', 'cluster_status': 'OFFLINE'}


class Request:
    """A request of a signed-in administrator."""

    def __init__(self, cloud):
        session = cloud.connect('admin').session
        self.COOKIES, self.session = {}, {}
        self.user = types.SimpleNamespace(endpoint=cloud.keystone, token=types.SimpleNamespace(id=session.get_token()),
                                          project_name='service', tenant_id=session.get_project_id())


@pytest.fixture(scope='module')
def request_(cloud):
    return Request(cloud)


def create_segment(request, **more):
    """As the form does."""
    data = {'name': uuid.uuid4().hex, 'recovery_method': 'auto', 'service_type': 'compute', 'description': '', 'is_enabled': True}
    return api.segment_create(request, data | more)


def create_host(request, segment):
    name = uuid.uuid4().hex
    api.create_host(request, {'segment_id': segment.uuid, 'name': name, 'reserved': 'False', 'type': 'compute',
                              'control_attributes': 'SSH', 'on_maintenance': 'False'})
    [host] = [host for host in api.get_host_list(request, segment.uuid, {}) if host.name == name]
    return host


def pages(list_page, get, key):
    """Follows the pages of a list as the tables do, and returns the names of the entries."""
    found, marker = [], None
    while True:
        entries, has_more, has_previous = list_page(marker)
        assert (len(entries), has_previous) == (2 if has_more else len(entries), marker is not None)
        found += [entry[key] for entry in entries]
        if not has_more:
            return found
        marker = get(found[-1]).id


def test_the_pages_of_segments(request_):
    kind = uuid.uuid4().hex
    made = [create_segment(request_, service_type=kind).uuid for _ in range(5)]
    found = pages(lambda marker: api.get_segment_list(request_, marker=marker, filters={'service_type': kind}, paginate=True),
                  lambda last: api.get_segment(request_, last), 'uuid')
    assert found == made[::-1]
    assert set(made) <= {segment.uuid for segment in api.segment_list(request_)}


def test_a_segment_is_changed_and_deleted(request_):
    made = create_segment(request_, description='a rack')
    assert (made.is_enabled, made.description) == (True, 'a rack')
    api.segment_update(request_, made.uuid, {
        'name': made.name + '2', 'recovery_method': 'rh_priority', 'description': '', 'is_enabled': False})
    shown = api.get_segment(request_, made.uuid)
    assert (shown.name, shown.recovery_method, shown.is_enabled) == (made.name + '2', 'rh_priority', False)
    filtered, _, _ = api.get_segment_list(request_, marker=None, filters={'is_enabled': 'No'}, paginate=True)
    assert made.uuid in [segment.uuid for segment in filtered]
    api.segment_delete(request_, made.uuid, ignore_missing=True)
    assert made.uuid not in [segment.uuid for segment in api.segment_list(request_)]


def test_a_host_is_changed_and_deleted(request_):
    segment = create_segment(request_)
    host = create_host(request_, segment)
    api.update_host(request_, host.uuid, segment.uuid, {
        'name': host.name, 'reserved': 'True', 'type': 'KVM', 'control_attributes': 'ipmi', 'on_maintenance': 'True'})
    shown = api.get_host(request_, host.uuid, segment.uuid)
    assert (shown.reserved, shown.type, shown.control_attributes, shown.on_maintenance) == (True, 'KVM', 'ipmi', True)
    filters = [{'on_maintenance': 'True'}, {'on_maintenance': 'False'}, {'type': 'KVM'}, {'reserved': 'False'},
               {'failover_segment_id': segment.uuid}]
    assert [len(list(api.get_host_list(request_, segment.uuid, one))) for one in filters] == [1, 0, 1, 0, 1]
    api.delete_host(request_, host.uuid, segment.uuid)
    assert list(api.get_host_list(request_, segment.uuid, {})) == []


def test_notifications_with_their_steps_and_moves(cloud, request_):
    host, ha = create_host(request_, create_segment(request_)), cloud.connect('nova').instance_ha
    reporter = cloud.connect('masakari').instance_ha
    made = [reporter.create_notification(type='COMPUTE_HOST', hostname=host.name, generated_time=now(),
                                         payload=COMPUTE_HOST).notification_uuid]
    claim = ha.post('/notifications/claim', json={'types': ['COMPUTE_HOST']}).json()['claim']
    assert claim['notification']['notification_uuid'] == made[0]
    move = {'instance_uuid': str(uuid.uuid4()), 'instance_name': 'vm', 'status': 'succeeded', 'dest_host': 'spare'}
    step = {'name': 'EvacuateInstancesTask', 'message': 'moved', 'progress': 1.0, 'state': 'SUCCESS'}
    for verb, action, body in (('PUT', 'fenced', {'method': 'ipmi', 'evidence': 'off'}),
                               ('PUT', 'progress', {'steps': [step], 'vmoves': [move]}),
                               ('POST', 'finish', {'status': 'finished', 'message': 'done'})):
        answer = ha.request(f'/notifications/{made[0]}/{action}', verb, json={'lease': claim['lease'], **body})
        assert answer.status_code == 200, answer.text

    shown = api.get_notification_with_progress_details(request_, made[0])
    rows = [(step['name'], task['message']) for step in shown.recovery_workflow_details for task in step['progress_details']]
    assert rows[-1] == ('EvacuateInstancesTask', 'moved')
    for filters, count in (({}, 1), ({'status': 'succeeded'}, 1), ({'status': 'failed'}, 0)):
        assert len(list(api.get_vmoves_list(request_, made[0], filters))) == count
    [moved] = api.get_vmoves_list(request_, made[0], {})
    shown = api.get_vmove(request_, made[0], moved.uuid)
    assert (shown.server_id, shown.server_name, shown.source_host, shown.dest_host) == (
        move['instance_uuid'], 'vm', host.name, 'spare')


def test_the_pages_of_notifications(cloud, request_):
    host, reporter = create_host(request_, create_segment(request_)), cloud.connect('masakari').instance_ha
    made = [reporter.create_notification(
        type='PROCESS', hostname=host.name, generated_time=f'2026-11-21T03:2{minute}:20',
        payload={'event': 'STARTED', 'process_name': 'nova-compute'}).notification_uuid for minute in (0, 4, 8)]
    filters = {'source_host_uuid': host.uuid, 'type': 'PROCESS', 'generated_since': '2026-11-21T03:21'}
    found = pages(lambda marker: api.notification_list(request_, filters=filters, marker=marker, paginate=True),
                  lambda last: api.get_notification(request_, last), 'notification_uuid')
    assert found == made[:0:-1]
    del filters['generated_since']
    found = pages(lambda marker: api.notification_list(request_, filters=filters, marker=marker, paginate=True),
                  lambda last: api.get_notification(request_, last), 'notification_uuid')
    assert found == made[::-1]
    assert set(made) <= {one.notification_uuid for one in api.get_notification_list(request_)}
