"""The example engine, killed and stopped at every step, against a compute service that counts effects. Run by
tests/steps/*-engine, which sets TIDINGS, the program, and ENGINE, the documented command.
"""
import contextlib
import itertools
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

from nova import PROJECT, Nova

HERE = pathlib.Path(__file__).parent
ENGINE = HERE.parents[1] / 'docs/examples/engine.py'
FINAL = {'finished', 'failed', 'ignored'}
SOON = 90


def call(url, method, path, body=None):
    request = urllib.request.Request(url + path, body and json.dumps(body).encode(), method=method, headers={
        'Content-Type': 'application/json', 'X-Auth-Token': f'monitor:{PROJECT}:admin',
        'OpenStack-API-Version': 'instance-ha 1.3'})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read() or b'null')


def until(what, holds):
    end = time.monotonic() + SOON
    while not holds():
        assert time.monotonic() < end, what
        time.sleep(0.1)


class Cloud:
    """A segment of hosts, a compute service, and engines that share them."""

    def __init__(self, name, lasting=1):
        self.name, self.nova, self.engines, self.reported = name, Nova(), [], []
        self.nova.lasting = lasting
        self.folder = tempfile.TemporaryDirectory()
        self.start()
        config = pathlib.Path(self.folder.name, 'clouds.yaml')
        config.write_text(json.dumps({'clouds': {'tests': {
            'auth_type': 'none', 'auth': {'endpoint': self.nova.url}, 'compute_endpoint_override': self.nova.url,
            'instance_ha_endpoint_override': f'{self.url}/v1'}}}), encoding='utf-8')
        self.environment = {**os.environ, 'OS_CLIENT_CONFIG_FILE': str(config), 'OS_CLOUD': 'tests', 'NOVA': self.nova.url,
                            'FENCE': str(HERE / 'fence.py'), 'ENGINE_PAUSE': '0.05'}
        segment = {'name': name, 'recovery_method': 'auto', 'service_type': 'COMPUTE'}
        self.segment = self.call('POST', '/v1/segments', {'segment': segment})['segment']['uuid']
        self.nova.add_host(f'{name}-spare')

    def start(self):
        """Starts a server of its own, so that engines of other tests take nothing."""
        self.url = f'http://127.0.0.1:{free_port()}'
        config = pathlib.Path(self.folder.name, 'tidings.conf')
        config.touch()
        command = [os.environ['TIDINGS'], 'serve', '--bind', self.url[7:], '--config-file', str(config)]
        environment = {**os.environ, 'OS_DATABASE__CONNECTION': f'sqlite:///{self.folder.name}/tidings.db',
                       'OS_RECOVERY__LEASE': '3', 'OS_DEFAULT__LOG_LEVEL': 'warn'}
        self.server = subprocess.Popen(command, env=environment)
        until('the server answers', lambda: answers(self.url))

    def call(self, method, path, body=None):
        return call(self.url, method, path, body)

    def add_host(self, number):
        host = f'{self.name}-{number}'
        self.nova.add_host(host)
        self.call('POST', f'/v1/segments/{self.segment}/hosts',
             {'host': {'name': host, 'type': 'COMPUTE', 'control_attributes': 'SSH'}})
        return host

    def report(self, host, kind, payload):
        notification = {'type': kind, 'hostname': host, 'payload': payload,
                        'generated_time': time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime())}
        self.reported.append(self.call('POST', '/v1/notifications', {'notification': notification})['notification']['notification_uuid'])

    def fail(self, kind, number):
        """Lets something fail on a new host, and reports it."""
        host = self.add_host(number)
        if kind == 'VM':
            payload = {'event': 'LIFECYCLE', 'vir_domain_event': 'STOPPED_FAILED', 'instance_uuid': self.nova.add_server(host)}
        elif kind == 'PROCESS':
            payload = {'event': 'STOPPED', 'process_name': 'nova-compute'}
        else:
            payload = {'event': 'STOPPED', 'host_status': 'NORMAL', 'cluster_status': 'OFFLINE'}
            self.nova.add_server(host)
            self.nova.add_server(host)
        self.report(host, kind, payload)

    def engine(self, last=None, name='KILL'):
        # Undisturbed, it is started as the documentation says.
        command = ['bash', os.environ['ENGINE']] if last is None else \
            [sys.executable, str(HERE / 'faulty.py'), str(ENGINE), str(last), name]
        # On standard error it says what became of each notification, which would split the lines of the results.
        engine = subprocess.Popen(command, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                                  start_new_session=True)
        self.engines.append(engine)
        return engine

    def shown(self):
        return [self.call('GET', f'/v1/notifications/{identity}')['notification'] for identity in self.reported]

    def until_final(self):
        until('final states', lambda: all(shown['status'] in FINAL for shown in self.shown()))

    def close(self):
        for engine in self.engines:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(engine.pid, signal.SIGKILL)
            engine.communicate()
        self.nova.shutdown()
        self.nova.server_close()
        self.server.terminate()
        self.server.wait()
        self.folder.cleanup()


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def answers(url):
    try:
        return urllib.request.urlopen(f'{url}/healthcheck', timeout=5).status == 200
    except OSError:
        return False


def has_stopped(engine):
    """Whether a process ended, or was stopped by a signal."""
    if engine.poll() is not None:
        return True
    stat = pathlib.Path(f'/proc/{engine.pid}/stat').read_text(encoding='utf-8')
    return stat.rpartition(') ')[2][0] == 'T'


class Faults(unittest.TestCase):
    def cloud(self, name):
        cloud = Cloud(f'{name}-{os.getpid()}')
        self.addCleanup(cloud.close)
        return cloud

    def steps(self, kind):
        """The requests of a recovery that nothing disturbs."""
        cloud = self.cloud(f'count-{kind.lower()}')
        cloud.fail(kind, 0)
        count = int(cloud.engine(0).communicate(timeout=SOON)[0])
        self.assertEqual([shown['status'] for shown in cloud.shown()], ['finished'])
        self.assertEqual(set(cloud.nova.effects.values()), {1}, cloud.nova.effects)
        return count

    def disturb(self, kind, name):
        """Recovers as many failures as there are steps; for each step an engine is killed or stopped after it."""
        count = self.steps(kind)
        cloud = self.cloud(f'{name}-{kind.lower()}')
        for number in range(1, count):
            cloud.fail(kind, number)
        faulty = [cloud.engine(number, name) for number in range(1, count)]
        numbers = itertools.count(count)

        def disturbed():
            # Some of them finish what others began.
            if all(shown['status'] in FINAL for shown in cloud.shown()):
                cloud.fail(kind, next(numbers))
            return all(has_stopped(engine) for engine in faulty)

        until('every engine was disturbed', disturbed)
        cloud.engine()
        cloud.engine()
        cloud.until_final()
        before = dict(cloud.nova.effects)
        for engine in faulty:
            engine.send_signal(signal.SIGCONT)
        # Each is told that its lease is over, or has ended.
        if name == 'STOP':
            until('late engines gave up', lambda: all('left' in engine.stdout.readline() for engine in faulty))
        self.assertEqual(dict(cloud.nova.effects), before)
        self.assertEqual({shown['status'] for shown in cloud.shown()}, {'finished'}, cloud.shown())
        self.assertEqual(set(before.values()), {1}, before)
        self.assertEqual(cloud.nova.faults, [])

    def test_vm_kill(self):
        self.disturb('VM', 'KILL')

    def test_vm_stop(self):
        self.disturb('VM', 'STOP')

    def test_vm_kill_twice(self):
        """The first engine dies once the instance runs again, the second one as soon as it has reported anything."""
        count = self.steps('VM')
        cloud = self.cloud('twice-vm')
        cloud.fail('VM', 1)
        for last in (count - 2, 3):
            engine = cloud.engine(last)
            until('the engine was killed', lambda: has_stopped(engine))
        cloud.engine()
        cloud.until_final()
        self.assertEqual([shown['status'] for shown in cloud.shown()], ['finished'])
        self.assertEqual(set(cloud.nova.effects.values()), {1}, cloud.nova.effects)

    def test_process_kill(self):
        self.disturb('PROCESS', 'KILL')

    def test_host_kill(self):
        self.disturb('COMPUTE_HOST', 'KILL')

    def test_host_stop(self):
        self.disturb('COMPUTE_HOST', 'STOP')


class Tenants(unittest.TestCase):
    def test_the_tenant_is_told(self):
        cloud = Cloud(f'tenants-{os.getpid()}')
        self.addCleanup(cloud.close)
        cloud.fail('VM', 1)
        cloud.engine()
        cloud.until_final()
        instance = cloud.shown()[0]['payload']['instance_uuid']
        messages = cloud.call('GET', f'/v3/{PROJECT}/messages?resource_uuid={instance}')['messages']
        self.assertEqual([message['event_id'] for message in messages], ['HA_000003'])


if __name__ == '__main__':
    unittest.main()
