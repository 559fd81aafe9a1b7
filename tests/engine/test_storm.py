"""Two servers and several engines, one of which is killed every second, with many failures. Run by tests/steps/*-engine, which sets
TIDINGS, and WORK, a directory. STORM_DATABASES names the database of each server, HOSTS and REPORTS how many there are.
"""
import contextlib
import os
import pathlib
import random
import signal
import subprocess
import time
import unittest
import urllib.error
import urllib.request
import uuid

import test_engine
from nova import Nova

HOSTS, REPORTS = int(os.environ.get('HOSTS', '20')), int(os.environ.get('REPORTS', '100'))
WORK = pathlib.Path(os.environ['WORK'])
SOON = 900


class Process:
    """A program that is started again when it ends, as systemd does."""

    def __init__(self, command, environment, name):
        self.command, self.environment, self.log = command, environment, WORK / f'{name}.log'
        self.process = None
        self.keep()

    def keep(self):
        if self.process is None or self.process.poll() is not None:
            with self.log.open('ab') as log:
                self.process = subprocess.Popen(self.command, env=self.environment, stdout=log, stderr=log,
                                                start_new_session=True)

    def kill(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def call(servers, method, path, body=None):
    """Calls whichever server answers."""
    end = time.monotonic() + 60
    while True:
        try:
            return test_engine.call(random.choice(servers), method, path, body)
        except urllib.error.HTTPError as error:
            if error.code < 500:
                raise
        except (OSError, urllib.error.URLError):
            pass
        assert time.monotonic() < end, 'no server answers'
        time.sleep(0.2)


class Storm(unittest.TestCase):
    def test_every_report_ends_and_nothing_happens_twice(self):
        random.seed(int(os.environ.get('STORM_SEED', '1')))
        nova = Nova()
        self.addCleanup(nova.server_close)
        self.addCleanup(nova.shutdown)
        processes, servers = [], []
        databases = os.environ.get('STORM_DATABASES', f'sqlite:///{WORK}/storm.db sqlite:///{WORK}/storm.db').split()
        for number, database in enumerate(databases):
            port = test_engine.free_port()
            servers.append(f'http://127.0.0.1:{port}')
            config = WORK / 'storm.conf'
            config.write_text('', encoding='utf-8')
            environment = {**os.environ, 'OS_DATABASE__CONNECTION': database, 'OS_RECOVERY__LEASE': '3'}
            command = [os.environ['TIDINGS'], 'serve', '--bind', f'127.0.0.1:{port}', '--config-file', str(config)]
            processes.append(Process(command, environment, f'server-{number}'))
        reported = self.report(nova, servers)
        for number in range(4):
            environment = {**os.environ, 'OS_AUTH_TYPE': 'none', 'OS_ENDPOINT': nova.url, 'NOVA': nova.url,
                           'OS_COMPUTE_ENDPOINT_OVERRIDE': nova.url, 'ENGINE_PAUSE': '0.02', 'FENCE': 'false',
                           'OS_INSTANCE_HA_ENDPOINT_OVERRIDE': f'{servers[number % 2]}/v1'}
            processes.append(Process(['python3', str(test_engine.ENGINE)], environment, f'engine-{number}'))
        for process in processes:
            self.addCleanup(process.kill)
        self.rage(processes, servers, reported)
        statuses = [call(servers, 'GET', f'/v1/notifications/{identity}')['notification']['status'] for identity in reported]
        self.assertEqual(set(statuses), {'finished'}, statuses)
        self.assertEqual(len(nova.effects), 2 * REPORTS)
        self.assertEqual(set(nova.effects.values()), {1})
        print(f'{REPORTS} reports of {HOSTS} hosts ended')

    def report(self, nova, servers):
        segment = {'name': f'storm-{uuid.uuid4()}', 'recovery_method': 'auto', 'service_type': 'COMPUTE'}
        segment = call(servers, 'POST', '/v1/segments', {'segment': segment})['segment']['uuid']
        hosts = [f'storm-{number}' for number in range(HOSTS)]
        for host in hosts:
            nova.add_host(host)
            call(servers, 'POST', f'/v1/segments/{segment}/hosts',
                 {'host': {'name': host, 'type': 'COMPUTE', 'control_attributes': 'SSH'}})
        reported = []
        for number in range(REPORTS):
            host = hosts[number % HOSTS]
            payload = {'event': 'LIFECYCLE', 'vir_domain_event': 'STOPPED_FAILED', 'instance_uuid': nova.add_server(host)}
            notification = {'type': 'VM', 'hostname': host, 'payload': payload,
                            'generated_time': time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime())}
            answer = call(servers, 'POST', '/v1/notifications', {'notification': notification})
            reported.append(answer['notification']['notification_uuid'])
        return reported

    def rage(self, processes, servers, reported):
        """Kills a process every second until half of the reports have ended, then lets the rest end."""
        end, open_ones = time.monotonic() + SOON, set(reported)
        while open_ones:
            assert time.monotonic() < end, f'{len(open_ones)} reports do not end'
            time.sleep(1)
            for process in processes:
                process.keep()
            if len(open_ones) > len(reported) / 2:
                random.choice(processes).kill()
            for identity in list(open_ones):
                shown = call(servers, 'GET', f'/v1/notifications/{identity}')['notification']
                if shown['status'] in test_engine.FINAL:
                    open_ones.discard(identity)


if __name__ == '__main__':
    unittest.main()
