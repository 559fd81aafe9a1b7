"""Two servers and several engines, one of which is killed every second, with many failures. Run by tests/steps/*-engine, which sets
TIDINGS, and WORK, a directory, and by tests/soak/run, with more: HOSTS and REPORTS, how many there are; STORM_DATABASES, the database
of each server; STORM_PAUSE, the seconds between two kills; STORM_NODES, the directory of a Galera cluster (tests/services/galera.sh)
whose nodes are killed, too.
"""
import contextlib
import os
import pathlib
import random
import signal
import subprocess
import threading
import time
import unittest
import urllib.error
import urllib.request
import uuid

import test_engine
from nova import Nova

HOSTS, REPORTS = int(os.environ.get('HOSTS', '20')), int(os.environ.get('REPORTS', '100'))
WORK = pathlib.Path(os.environ['WORK'])
PAUSE = float(os.environ.get('STORM_PAUSE', '1'))
SOON = 900 + REPORTS
GALERA = test_engine.HERE.parent / 'services/galera.sh'


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


class Nodes:
    """The nodes of a cluster, each killed in turn, which is back before the next one."""

    def __init__(self, folder):
        self.folder, self.kills, self.is_over, self.fault = folder, 0, threading.Event(), None
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def control(self, action, node):
        with (WORK / 'nodes.log').open('ab') as log:
            subprocess.run([GALERA, action, self.folder, str(node)], check=True, stdout=log, stderr=log)

    def run(self):
        chance = random.Random(1)
        try:
            while not self.is_over.wait(chance.uniform(3, 6)):
                node = chance.randint(1, 3)
                self.control('kill', node)
                self.kills += 1
                self.is_over.wait(chance.uniform(2, 6))
                self.control('rejoin', node)
        except subprocess.CalledProcessError as fault:
            self.fault = fault

    def stop(self):
        self.is_over.set()
        self.thread.join()


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
            migrate = [os.environ['TIDINGS'], 'db', 'migrate', '--config-file', str(config)]
            subprocess.run(migrate, env=environment, check=True, capture_output=True)
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
        kills = self.rage(processes, servers)
        statuses = {notification['status'] for notification in self.look(servers)}
        self.assertEqual(statuses, {'finished'})
        self.assertEqual({notification['notification_uuid'] for notification in self.look(servers)}, set(reported))
        self.assertEqual({what: count for what, count in nova.effects.items() if count != 1}, {})
        self.assertEqual(len(nova.effects), 2 * REPORTS)
        print(f'{REPORTS} reports of {HOSTS} hosts ended, {kills}')

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

    def look(self, servers):
        """All notifications. At no time two of one host are being worked on."""
        found = call(servers, 'GET', '/v1/notifications?limit=1000')['notifications']
        self.assertEqual(len(found), REPORTS)
        running = [notification['source_host_uuid'] for notification in found if notification['status'] == 'running']
        self.assertEqual(len(running), len(set(running)))
        return found

    def rage(self, processes, servers):
        """Kills a process every now and then until nine of ten reports have ended, then lets the rest end. On a slow machine, where
        engines take seconds to start, it waits for a report to end between two kills.
        """
        nodes = Nodes(os.environ['STORM_NODES']) if 'STORM_NODES' in os.environ else None
        end, open_ones, kills, at_kill, killed = time.monotonic() + SOON, REPORTS, 0, REPORTS + 1, time.monotonic()
        try:
            while open_ones:
                assert time.monotonic() < end, f'{open_ones} reports do not end'
                assert nodes is None or nodes.fault is None, nodes.fault
                time.sleep(PAUSE)
                is_time = open_ones < at_kill or time.monotonic() > killed + 10 * PAUSE
                if open_ones > REPORTS / 10 and is_time:
                    random.choice(processes).kill()
                    kills, at_kill, killed = kills + 1, open_ones, time.monotonic()
                elif nodes and open_ones <= REPORTS / 10:
                    nodes.is_over.set()
                for process in processes:
                    process.keep()
                open_ones = sum(notification['status'] not in test_engine.FINAL for notification in self.look(servers))
        finally:
            if nodes:
                nodes.stop()
        return f'{kills} kills' + (f', {nodes.kills} of nodes' if nodes else '')


if __name__ == '__main__':
    unittest.main()
