"""Receivers with the libraries that receivers use: signatures of Standard Webhooks and CloudEvents, in Python and in Node. Run by
tests/steps/*-webhooks, which sets the environment: TIDINGS, TIDINGS_URL, NSS_WRAPPER_HOSTS, the file by which the server resolves
names, and MODULES, a directory with the packages of Node.
"""
import http.server
import json
import os
import pathlib
import queue
import socket
import subprocess
import sys
import threading
import time
import unittest
import urllib.request

import document
from cloudevents.core.bindings.http import HTTPMessage, from_http_event
from standardwebhooks import Webhook, WebhookVerificationError

SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
OTHER = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD'
PAYLOAD = {'repo_id': 'café ☃'}
URL = os.environ['TIDINGS_URL']


class Receiver(http.server.ThreadingHTTPServer):
    """Queues what it gets: the lower-case headers and the body."""

    def __init__(self):
        super().__init__(('127.0.0.1', 0), Handler)
        self.got = queue.Queue()
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers['content-length']))
        self.server.got.put(({name.lower(): value for name, value in self.headers.items()}, body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


def tidings(*arguments):
    command = [os.environ['TIDINGS'], 'event', 'listener', *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def report():
    event = {'event_type': 'repo.sync.start', 'priority': 'INFO', 'payload': PAYLOAD}
    request = urllib.request.Request(f'{URL}/v3/p1/events', json.dumps({'event': event}).encode(),
                                     {'Content-Type': 'application/json', 'X-Auth-Token': 'pulp:p1:service'})
    return json.load(urllib.request.urlopen(request, timeout=10))['event']


def node(headers, body, secret):
    script = pathlib.Path(__file__).with_name('verify.mjs')
    text = json.dumps({'headers': headers, 'body': body.decode(), 'secret': secret})
    done = subprocess.run(['node', script], input=text, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


class Webhooks(unittest.TestCase):
    def setUp(self):
        self.receiver = Receiver()
        self.addCleanup(self.receiver.server_close)
        self.addCleanup(self.receiver.shutdown)

    def delivered(self, format_):
        """An event as a listener of this format gets it, and as it was reported."""
        identity = self.subscribe(f'http://127.0.0.1:{self.receiver.server_port}/{format_}', format_)
        event = report()
        headers, body = self.receiver.got.get(timeout=30)
        return event, headers, body, identity

    def subscribe(self, address, format_, *options):
        """Creates a listener that lasts as long as the test, and gives its id."""
        tidings('http', 'create', '--event-type', 'repo.sync.*', '--url', address, '--format', format_, '--secret', SECRET, *options)
        identity = json.loads(tidings('list', '--output', 'json'))[-1]['id']
        self.addCleanup(tidings, 'delete', '--listener-id', identity)
        return identity

    def test_a_signature_is_verified_by_both_libraries(self):
        event, headers, body, _ = self.delivered('pulp')
        self.assertEqual(headers['webhook-id'], event['message_id'])
        expected = {'event_type': 'repo.sync.start', 'payload': PAYLOAD, 'call_report': None}
        self.assertEqual(Webhook(SECRET).verify(body, headers), expected)
        self.assertEqual(node(headers, body, SECRET)['verified'], expected)
        with self.assertRaises(WebhookVerificationError):
            Webhook(OTHER).verify(body, headers)
        with self.assertRaises(WebhookVerificationError):
            Webhook(SECRET).verify(body + b' ', headers)

    def test_both_secrets_verify_while_one_is_rotated(self):
        _, _, _, identity = self.delivered('pulp')
        tidings('rotate-secret', '--listener-id', identity, '--secret', OTHER)
        report()
        headers, body = self.receiver.got.get(timeout=30)
        for secret in (SECRET, OTHER):
            Webhook(secret).verify(body, headers)
            node(headers, body, secret)

    def test_cloudevents_are_parsed_by_both_libraries(self):
        for format_ in ('cloudevents', 'cloudevents-binary'):
            with self.subTest(format_):
                event, headers, body, _ = self.delivered(format_)
                parsed = from_http_event(HTTPMessage(headers, body))
                self.assertEqual((parsed.get_id(), parsed.get_type()), (event['message_id'], 'repo.sync.start'))
                self.assertEqual(parsed.get_data(), PAYLOAD)
                found = node(headers, body, SECRET)['event']
                self.assertEqual((found['id'], found['type'], found['data']), (event['message_id'], 'repo.sync.start', PAYLOAD))
                self.assertEqual(found['source'], parsed.get_source())

    def test_a_name_that_stops_resolving_delays_what_is_delivered_once_it_is_back(self):
        names = Names()
        self.addCleanup(names.set, '')
        names.set('127.0.0.1 receiver.invalid\n')
        identity = self.subscribe(f'http://receiver.invalid:{self.receiver.server_port}/', 'pulp', '--retry', ','.join(['1'] * 30))
        event = report()['message_id']
        self.assertEqual(self.arrived(), event)
        names.set('')
        event = report()['message_id']
        of = ('--listener-id', identity, '--delivery-id', event, '--output', 'json')
        failed = until(lambda: json.loads(tidings('deliveries', *of))['attempts'])
        self.assertFalse(failed[0]['delivered'])
        self.assertRegex(failed[0]['answer'], 'name resolution|not known|lookup|dns error')
        self.assertTrue(self.receiver.got.empty())
        names.set('127.0.0.1 receiver.invalid\n')
        self.assertEqual(self.arrived(), event)

    def arrived(self):
        """The id of the next event."""
        return self.receiver.got.get(timeout=30)[0]['webhook-id']

    def test_the_documented_receiver_in_python_works(self):
        self.receives([sys.executable, '-'], lambda port: document.block('docs/listeners.md', 'receiver-python', [('8000', port)]))

    def test_the_documented_receiver_in_node_works(self):
        self.receives(['node', '--input-type=module', '-'],
                      lambda port: document.block('docs/listeners.md', 'receiver-node', [('8000', port)]))

    def receives(self, command, source):
        port = str(free_port())
        receiver = subprocess.Popen(command, cwd=os.environ['MODULES'], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(receiver.wait)
        self.addCleanup(receiver.kill)
        self.addCleanup(receiver.stdout.close)
        receiver.stdin.write(source(port))
        receiver.stdin.close()
        wait_for(port)
        self.subscribe(f'http://127.0.0.1:{port}/', 'pulp')
        report()
        line = receiver.stdout.readline()
        self.assertIn('repo.sync.start', line)
        self.assertIn('café ☃', line)


class Names:
    """The names that the server can resolve."""

    def __init__(self):
        self.file = os.environ['NSS_WRAPPER_HOSTS']
        self.time = os.stat(self.file).st_mtime_ns

    def set(self, lines):
        pathlib.Path(self.file).write_text(lines)
        # It is read again when its time, in seconds, is another one.
        self.time += 2_000_000_000
        os.utime(self.file, ns=(self.time, self.time))


def until(look):
    """Returns what is there in the end."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.1)
    raise TimeoutError


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def wait_for(port):
    """Waits until somebody listens."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            socket.create_connection(('127.0.0.1', port)).close()
            return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError(f'nobody listens on port {port}')
