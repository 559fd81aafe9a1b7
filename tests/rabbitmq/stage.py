"""Support for tests with a real RabbitMQ: the broker, a Tidings server, and a listener of oslo.messaging."""
import concurrent.futures
import http.client
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

import amqp

HERE = pathlib.Path(__file__).resolve().parent
TIDINGS = os.environ['TIDINGS']
BROKER = os.environ['RABBITMQ_FOLDER']
SOON = 90


def wait_for(what, look, timeout=SOON):
    """Polls until the result is truthy."""
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f'{what}: did not come in {timeout} s')


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


class Broker:
    """The RabbitMQ of the step, which can be stopped and started."""

    def __init__(self):
        self.port = int(pathlib.Path(BROKER, 'port').read_text())
        self.tls_port = int(pathlib.Path(BROKER, 'tls-port').read_text())

    def url(self, options=''):
        return f'rabbit://guest:guest@127.0.0.1:{self.port}//{options}'

    def control(self, word):
        subprocess.run([HERE.parent / 'services/rabbitmq.sh', word, BROKER], check=True, stdout=subprocess.DEVNULL)

    def ask(self, *arguments):
        """Returns the output of rabbitmqctl."""
        command = [HERE.parent / 'services/rabbitmq.sh', 'ctl', BROKER, *arguments]
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout

    def signal(self, number):
        """Signals its process: SIGSTOP makes it hang with open connections."""
        os.kill(int(pathlib.Path(BROKER, 'pid').read_text()), number)

    def channel(self):
        connection = amqp.Connection(f'127.0.0.1:{self.port}', 'guest', 'guest')
        connection.connect()
        return connection.channel()

    def forget(self, exchange, *queues):
        """Removes the leftovers of an earlier test."""
        channel = self.channel()
        for queue in queues:
            channel.queue_delete(queue)
        channel.exchange_delete(exchange)
        channel.connection.close()

    def get(self, queue):
        """Returns the next message of a queue: its body as bytes and its properties."""
        channel = self.channel()
        message = wait_for(f'a message in {queue}', lambda: channel.basic_get(queue, no_ack=True))
        channel.connection.close()
        body = message.body if isinstance(message.body, bytes) else message.body.encode()
        return body, message.properties

    def drain(self, queue):
        """Returns the ids of all events in a queue, in order."""
        channel, ids = self.channel(), []
        while message := channel.basic_get(queue, no_ack=True):
            body = json.loads(message.body)
            ids.append(json.loads(body['oslo.message'])['message_id'])
        channel.connection.close()
        return ids


class Server:
    """A Tidings server with its own database."""

    def __init__(self, driver, url, folder=None, **options):
        self.folder = folder or tempfile.mkdtemp(dir=os.environ['WORK'])
        self.port = free_port()
        pathlib.Path(self.folder, 'tidings.conf').touch()
        settings = {
            'OSLO_MESSAGING_NOTIFICATIONS__DRIVER': driver,
            'OSLO_MESSAGING_NOTIFICATIONS__TRANSPORT_URL': url,
            'OSLO_MESSAGING_RABBIT__RABBIT_RETRY_INTERVAL': '0.2',
            'OSLO_MESSAGING_RABBIT__RABBIT_INTERVAL_MAX': '1',
            'DEFAULT__DEFAULT_PUBLISHER_ID': 'image.host1',
            'DEFAULT__CONTROL_EXCHANGE': 'glance',
            'DEFAULT__ACCESS_LOG': 'false',
            **options,
        }
        self.environment = {f'OS_{name}': value for name, value in settings.items()} | {'PATH': os.environ['PATH']}
        self.log = pathlib.Path(self.folder, 'log')
        self.start()

    def start(self):
        with open(self.log, 'a') as log:
            self.process = subprocess.Popen(
                [TIDINGS, 'serve', '--bind', f'127.0.0.1:{self.port}', '--config-file', 'tidings.conf'],
                cwd=self.folder, env=self.environment, stdout=log, stderr=log)
        wait_for('the server', self.answers)

    def answers(self):
        try:
            return urllib.request.urlopen(f'http://127.0.0.1:{self.port}/healthcheck', timeout=5).status == 200
        except OSError:
            return False

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            status = self.process.wait(60)
            assert status == 0, f'the server ended with {status}'

    def report(self, event_type='repo.sync.start', priority='INFO', payload=None, **more):
        """Reports an event and returns its id."""
        payload = {'repo_id': 'pulp-f17'} if payload is None else payload
        event = {'event_type': event_type, 'priority': priority, 'payload': payload, **more}
        body = json.dumps({'event': event}).encode()
        request = urllib.request.Request(f'http://127.0.0.1:{self.port}/v3/p1/events', body,
                                         {'Content-Type': 'application/json'})
        with urllib.request.urlopen(request, timeout=30) as answer:
            assert answer.status == 202
            return json.loads(answer.read())['event']['message_id']

    def record(self):
        """Records a message."""
        body = json.dumps({'message': {'event_id': 'VOLUME_000002'}}).encode()
        request = urllib.request.Request(
            f'http://127.0.0.1:{self.port}/v3/p1/messages', body,
            {'Content-Type': 'application/json', 'OpenStack-API-Version': 'volume 3.3'})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read())['message']

    def figure(self, name, driver):
        text = urllib.request.urlopen(f'http://127.0.0.1:{self.port}/metrics', timeout=30).read().decode()
        want = f'tidings_{name}{{driver="{driver}"}} '
        return next((float(line.split()[-1]) for line in text.splitlines() if line.startswith(want)), None)


class Load:
    """Clients that report events until stopped, and note the accepted ones, in order per client."""

    def __init__(self, server, clients=8):
        self.server, self.taken, self.slowest, self.refused = server, [], 0.0, 0
        self.lock, self.told = threading.Lock(), threading.Event()
        self.pool = concurrent.futures.ThreadPoolExecutor(clients)
        self.clients = [self.pool.submit(self.run, number) for number in range(clients)]

    def run(self, client):
        connection, number = None, 0
        while not self.told.is_set():
            payload = {'repo_id': f'{client}-{number}'}
            event = {'event': {'event_type': 'repo.sync.start', 'priority': 'INFO', 'payload': payload}}
            # The key makes it safe to repeat a request that a killed server may have accepted.
            headers = {'Content-Type': 'application/json', 'Idempotency-Key': f'{id(self)}-{client}-{number}'}
            begun = time.monotonic()
            try:
                if connection is None:
                    connection = http.client.HTTPConnection('127.0.0.1', self.server.port, timeout=30)
                connection.request('POST', '/v3/p1/events', json.dumps(event), headers)
                answer = connection.getresponse()
                text = answer.read()
            except (OSError, http.client.HTTPException):
                if connection is not None:
                    connection.close()
                connection = None
                time.sleep(0.05)
                continue
            with self.lock:
                if answer.status == 202:
                    self.taken.append((json.loads(text)['event']['message_id'], client, number))
                    self.slowest = max(self.slowest, time.monotonic() - begun)
                else:
                    self.refused += 1
                    continue
            number += 1
            # Enough for an outage to hit many; that more are counted takes longer than the outage.
            time.sleep(0.08)
        if connection is not None:
            connection.close()

    def stop(self):
        self.told.set()
        for client in self.clients:
            client.result()
        return self.taken


class Listener:
    """The real listener of oslo.messaging, in a separate process."""

    def __init__(self, url, *options, topic='notifications', exchange='glance'):
        self.folder = tempfile.mkdtemp(dir=os.environ['WORK'])
        ready = pathlib.Path(self.folder, 'ready')
        self.out = pathlib.Path(self.folder, 'out')
        with open(self.out, 'w') as out, open(self.out.with_suffix('.err'), 'w') as err:
            self.process = subprocess.Popen(
                [sys.executable, HERE / 'oslo_consume.py', url, topic, '--exchange', exchange, '--count', '0',
                 '--timeout', '600', '--ready-file', ready, *options], stdout=out, stderr=err)
        wait_for('the listener', ready.exists)

    def events(self):
        lines = self.out.read_text().split('\n')[:-1]
        return [json.loads(line) for line in lines]

    def wait(self, count, timeout=SOON):
        """Waits for this number of events and returns them."""
        return wait_for(f'{count} events', lambda: len(self.events()) >= count and self.events(), timeout)

    def ids(self):
        return [event['metadata']['message_id'] for event in self.events()]

    def stop(self):
        self.process.kill()
        self.process.wait()
