"""Two servers on one database behind HAProxy, under load: restarted in turn, killed, and watched by streams.

Run by tests/steps/*-haproxy, which sets TIDINGS_PROGRAM, TIDINGS_DATABASES (each server's URL of the one database), WORK
and AUTHORITY; with Galera also GALERA, the folder of the cluster, where each server uses its own node.
"""
import http.client
import json
import os
import pathlib
import signal
import statistics
import subprocess
import threading
import time
import unittest
import uuid

from cloud import MESSAGES, PROJECT, BlockStorage, Client, HaProxy, Tidings, free_port, migrate, wait_for
from document import block

PROGRAM, WORK, AUTHORITY = (os.environ[name] for name in ('TIDINGS_PROGRAM', 'WORK', 'AUTHORITY'))
DATABASES = os.environ['TIDINGS_DATABASES'].split()
GALERA = os.environ.get('GALERA')
DOCS = pathlib.Path(__file__).parents[2] / 'docs'
# As documented: the seconds that a draining server waits before it stops.
DRAIN = 5


class Load:
    """Clients that record through HAProxy and read each message back, until stopped."""

    def __init__(self, port, clients, keyed):
        self.port, self.keyed = port, keyed
        self.stop, self.made, self.faults, self.repeats = threading.Event(), {}, [], 0
        self.threads = [threading.Thread(target=self.run) for _ in range(clients)]
        for thread in self.threads:
            thread.start()

    def run(self):
        client = Client(self.port, AUTHORITY)
        while not self.stop.is_set():
            resource = str(uuid.uuid4())
            try:
                self.one(client, resource)
            except Exception as error:  # Whatever it is, a client has met it.
                self.faults.append(f'{resource}: {error!r}')
                client.connection.close()

    def post(self, client, resource):
        """Records a message. With a key, repeats a request without an answer or with one from HAProxy."""
        if not self.keyed:
            return client.post(resource)
        for _ in range(100):
            try:
                answer = client.post(resource, Idempotency_Key=resource)
                if answer[0] not in (502, 503, 504):
                    return answer
            except (OSError, http.client.HTTPException):
                client.connection.close()
            self.repeats += 1
            time.sleep(0.2)
        raise AssertionError('a hundred attempts were not answered')

    def one(self, client, resource):
        status, headers, text = self.post(client, resource)
        if status != 201:
            raise AssertionError(f'POST: {status} {text[:200]}')
        made = json.loads(text)['message']
        self.made[made['id']] = resource
        location = headers['Location']
        if not location.startswith(client.base + MESSAGES):
            raise AssertionError(f'Location: {location}')
        if self.keyed:
            # An interrupted read may be repeated; the end of the test checks each message.
            return
        status, _, text = client.ask('GET', location.removeprefix(client.base))
        if status != 200 or json.loads(text)['message'] != made:
            raise AssertionError(f'GET of a message that was answered 201: {status} {text[:200]}')

    def end(self):
        self.stop.set()
        for thread in self.threads:
            thread.join()


class Stream(threading.Thread):
    """Follows the messages of the project, and reconnects with Last-Event-ID."""

    def __init__(self, port, authority=None):
        super().__init__(daemon=True)
        self.port, self.authority = port, authority
        self.stop, self.opened = threading.Event(), threading.Event()
        self.seen, self.last, self.cuts = {}, None, 0
        self.start()

    def run(self):
        while not self.stop.is_set():
            try:
                self.follow()
            except OSError:
                pass
            self.cuts += 1
            time.sleep(0.2)

    def follow(self):
        client = Client(self.port, self.authority)
        headers = {'Accept': 'text/event-stream', 'X-Auth-Token': f'load:{PROJECT}:service,reader'}
        if self.last:
            headers['Last-Event-ID'] = self.last
        client.connection.request('GET', MESSAGES, headers=headers)
        answer = client.connection.getresponse()
        if answer.status != 200:
            return
        for line in iter(answer.readline, b''):
            field, _, value = line.decode().rstrip('\n').partition(': ')
            if line.startswith(b':'):
                self.opened.set()
            elif field == 'id':
                self.last = value
            elif field == 'data':
                message = json.loads(value)['message']
                self.seen.setdefault(message['resource_uuid'], time.monotonic())


class Rolling(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.servers = [Tidings(PROGRAM, WORK, f'tidings-{number}', url) for number, url in enumerate(DATABASES, 1)]
        migrate(PROGRAM, cls.servers[0])
        for server in cls.servers:
            server.start()
        cls.port, cls.shares_port = free_port(), free_port()
        first, second = (f'127.0.0.1:{server.port}' for server in cls.servers)
        storage = f'127.0.0.1:{BlockStorage.start()}'
        volumes = block(DOCS / 'deployment.md', 'haproxy', [
            (':8776 ssl crt /etc/haproxy/cloud.example.org.pem', f'127.0.0.1:{cls.port} ssl crt {WORK}/tls.pem'),
            ('10.0.0.11:8790', first), ('10.0.0.12:8790', second),
            ('10.0.0.11:8777', storage), ('10.0.0.12:8777', storage),
        ])
        shares = block(DOCS / 'shares.md', 'haproxy', [(':8786', f'127.0.0.1:{cls.shares_port}')])
        cls.haproxy = HaProxy(WORK, f'{volumes}\n{shares}\nbackend manila\n    server manila-1 {storage}\n')

    @classmethod
    def tearDownClass(cls):
        cls.haproxy.process.terminate()
        cls.haproxy.process.wait(20)
        for server in cls.servers:
            if server.process.poll() is None:
                server.end()

    def is_up(self, server):
        return self.haproxy.is_up('tidings', server.name)

    def restart(self, server):
        """Restarts as documented: out of the balancer, stop, start, back in."""
        server.draining.touch()
        time.sleep(DRAIN)
        self.assertFalse(self.is_up(server), 'HAProxy has not noticed that the server drains')
        self.assertEqual(server.end(), 0)
        server.draining.unlink()
        server.start()
        wait_for('the server is in again', lambda: self.is_up(server))

    def keep_book(self, load):
        """Every message answered with 201 exists unchanged, and none twice."""
        listed = Client(self.port, AUTHORITY).listed()
        resources = {message['id']: message['resource_uuid'] for message in listed}
        self.assertEqual(len(resources), len(listed))
        self.assertEqual(load.made, {one: resources.get(one) for one in load.made})
        doubled = len(resources) - len(set(resources.values()))
        self.assertEqual(doubled, 0)

    def test_1_only_messages_go_to_tidings(self):
        client = Client(self.port, AUTHORITY)
        one = MESSAGES + '/00000000-0000-4000-8000-000000000000'
        for path in (MESSAGES, MESSAGES + '.json', MESSAGES + '?limit=1', one, '/v3/messages', one + '.json'):
            status, headers, text = client.ask('GET', path)
            self.assertIn(status, (200, 404), path)
            self.assertIn('OpenStack-API-Version', headers, path)
            self.assertNotEqual(text, 'block storage', path)
        for path in ('/', '/v3/', '/v3', f'/v3/{PROJECT}/volumes', f'/v3/{PROJECT}/volumes/messages', '/v3/messagesx',
                     f'/v3/{PROJECT}/types/x/messages', f'/v3/{PROJECT}/messages-of-ours', '/healthcheck'):
            self.assertEqual(client.ask('GET', path)[2], 'block storage', path)

    def test_1_only_messages_of_shares_go_to_tidings(self):
        client = Client(self.shares_port)
        one = f'/v2/{PROJECT}/messages/00000000-0000-4000-8000-000000000000'
        paths = (f'/v2/{PROJECT}/messages', f'/v2/{PROJECT}/messages?limit=1', '/v2/messages', one)
        for path in [*paths, *('/share' + path for path in paths)]:
            status, headers, text = client.ask('GET', path)
            self.assertEqual(status, 404 if path.endswith(one) else 200, path)
            self.assertIn('X-OpenStack-Manila-API-Version', headers, path)
            self.assertNotEqual(text, 'block storage', path)
        for path in ('/', '/v2', '/v2/', f'/v2/{PROJECT}/shares', f'/v2/{PROJECT}/shares/messages', '/v2/messagesx',
                     f'/v3/{PROJECT}/messages'):
            self.assertEqual(client.ask('GET', path)[2], 'block storage', path)

    def test_2_links_lead_through_haproxy(self):
        client = Client(self.port, AUTHORITY)
        # A client cannot choose the host of links.
        status, headers, text = client.post(str(uuid.uuid4()), X_Forwarded_Host='evil.example', X_Forwarded_Proto='http')
        self.assertEqual(status, 201, text)
        self.assertTrue(headers['Location'].startswith(client.base + MESSAGES), headers['Location'])

    def test_3_a_stream_sees_within_a_second_what_another_server_records(self):
        stream = Stream(self.servers[0].port)
        self.assertTrue(stream.opened.wait(20))
        took = []
        for _ in range(20):
            resource = str(uuid.uuid4())
            self.assertEqual(Client(self.servers[1].port).post(resource)[0], 201)
            recorded = time.monotonic()
            wait_for('the message in the stream', lambda: resource in stream.seen)
            took.append(stream.seen[resource] - recorded)
            # Spreads the messages over the server's polling interval.
            time.sleep(0.07)
        stream.stop.set()
        print(f'seen after {statistics.median(took):.3f} s in the middle, {max(took):.3f} s at most', end=' ')
        # A busy machine may hold a few back, but not most of them.
        self.assertLess(statistics.median(took), 1)
        self.assertLess(max(took), 5)

    def test_4_a_rolling_restart_loses_no_request(self):
        stream = Stream(self.port, AUTHORITY)
        self.assertTrue(stream.opened.wait(20))
        load = Load(self.port, clients=6, keyed=False)
        for server in self.servers:
            self.restart(server)
        load.end()
        print(f'{len(load.made)} messages, {len(load.faults)} faults, {stream.cuts} cuts of the stream', end=' ')
        self.assertEqual(load.faults, [])
        self.assertGreater(len(load.made), 500)
        self.keep_book(load)
        wait_for('every message in the stream', lambda: set(load.made.values()) <= set(stream.seen))
        stream.stop.set()
        self.assertGreater(stream.cuts, 0)

    def test_5_keyed_requests_survive_a_stop_without_notice_and_a_crash(self):
        load = Load(self.port, clients=6, keyed=True)
        for number in (signal.SIGTERM, signal.SIGKILL):
            for server in self.servers:
                time.sleep(2)
                server.end(number)
                time.sleep(1)
                server.start()
                wait_for('the server is in again', lambda server=server: self.is_up(server))
        load.end()
        print(f'{len(load.made)} messages, {len(load.faults)} faults, {load.repeats} repeated', end=' ')
        self.assertEqual(load.faults, [])
        self.assertGreater(len(load.made), 500)
        self.keep_book(load)

    @unittest.skipUnless(GALERA, 'there is no cluster')
    def test_6_a_server_without_its_node_gets_no_work_until_it_is_back(self):
        first, second = self.servers
        script = DOCS.parent / 'tests' / 'services' / 'galera.sh'
        load = Load(self.port, clients=6, keyed=True)
        time.sleep(1)
        subprocess.run([script, 'kill', GALERA, '1'], check=True)
        wait_for('the server is out', lambda: not self.is_up(first), 40)
        before = len(load.made)
        wait_for('the other server records', lambda: len(load.made) > before + 200, 40)
        # Its node had to agree with the third about the remaining members.
        wait_for('the other server is in', lambda: self.is_up(second), 40)
        subprocess.run([script, 'rejoin', GALERA, '1'], check=True)
        wait_for('the server is in again', lambda: self.is_up(first), 40)
        load.end()
        print(f'{len(load.made)} messages, {len(load.faults)} faults, {load.repeats} repeated', end=' ')
        self.assertEqual(load.faults, [])
        self.keep_book(load)


if __name__ == '__main__':
    unittest.main(verbosity=2)
