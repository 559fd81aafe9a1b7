"""Two Tidings servers on one database behind HAProxy, and a stand-in for block storage. Standard library only."""
import http.client
import http.server
import json
import pathlib
import signal
import socket
import ssl
import subprocess
import threading
import time

PROJECT = '0b9cb8a7cb1d4d6c8f0f6f5d3a1c2e4b'
TOKEN = {'X-Auth-Token': f'load:{PROJECT}:service,reader'}
MESSAGES = f'/v3/{PROJECT}/messages'


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def wait_for(what, holds, seconds=20):
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            raise TimeoutError(what)
        time.sleep(0.05)


class Tidings:
    """One server, which keeps its port over restarts."""

    def __init__(self, program, work, name, database):
        self.program, self.work, self.name = program, pathlib.Path(work), name
        self.port = free_port()
        self.draining = self.work / f'{name}.draining'
        self.conf = self.work / f'{name}.conf'
        self.conf.write_text(
            f'[api]\nbind = 127.0.0.1:{self.port}\ntrusted_proxies = 127.0.0.1\n'
            f'[database]\nconnection = {database}\n'
            f'[healthcheck]\nbackends = disable_by_file, database\ndisable_by_file_path = {self.draining}\n',
            encoding='utf-8')
        self.process = None

    def start(self):
        log = open(self.work / f'{self.name}.log', 'ab')
        command = [self.program, 'serve', '--config-file', self.conf]
        self.process = subprocess.Popen(command, stdout=log, stderr=log)
        log.close()
        wait_for(f'{self.name} comes up', self.answers)

    def answers(self):
        if self.process.poll() is not None:
            raise RuntimeError(f'{self.name} ended with {self.process.returncode}')
        try:
            connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=2)
            connection.request('GET', '/v3/')
            return connection.getresponse().status == 200
        except OSError:
            return False

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.process.wait(40)


class HaProxy:
    """HAProxy with the documented configuration."""

    def __init__(self, work, text):
        self.admin = str(pathlib.Path(work) / 'haproxy.sock')
        conf = pathlib.Path(work) / 'haproxy.cfg'
        conf.write_text(f'global\n    stats socket {self.admin}\n\n{text}', encoding='utf-8')
        subprocess.run(['haproxy', '-c', '-q', '-f', conf], check=True)
        log = open(pathlib.Path(work) / 'haproxy.log', 'ab')
        self.process = subprocess.Popen(['haproxy', '-db', '-f', conf], stdout=log, stderr=log)
        log.close()
        wait_for('HAProxy comes up', lambda: self.is_up('tidings', 'tidings-1') and self.is_up('tidings', 'tidings-2'))

    def is_up(self, backend, server):
        try:
            with socket.socket(socket.AF_UNIX) as admin:
                admin.connect(self.admin)
                admin.sendall(b'show stat\n')
                lines = b''.join(iter(lambda: admin.recv(65536), b'')).decode().splitlines()
        except OSError:
            return False
        rows = [line.split(',') for line in lines]
        status = next(row[17] for row in rows if row[:2] == [backend, server])
        # Right after its start HAProxy assumes that all servers are up; only a plain `UP` comes from a check.
        return status == 'UP'


class BlockStorage(http.server.BaseHTTPRequestHandler):
    """Stands in for Cinder and Manila, and identifies itself in its answer."""
    protocol_version = 'HTTP/1.1'

    def do_GET(self):
        self.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\nblock storage')

    def log_message(self, *_):
        pass

    @classmethod
    def start(cls):
        server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), cls)
        # HAProxy closes the connection of a check once it has read the status.
        server.handle_error = lambda *_: None
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server.server_port


class Client:
    """A client with a persistent connection, to HAProxy with an authority file or to a server without one."""

    def __init__(self, port, authority=None):
        self.port = port
        self.context = ssl.create_default_context(cafile=authority) if authority else None
        self.base = f'{"https" if authority else "http"}://127.0.0.1:{port}'
        self.connection = self.connect()

    def connect(self):
        if self.context:
            return http.client.HTTPSConnection('127.0.0.1', self.port, timeout=40, context=self.context)
        return http.client.HTTPConnection('127.0.0.1', self.port, timeout=40)

    def ask(self, method, path, body=None, **headers):
        """Returns status, headers and text."""
        headers = TOKEN | {name.replace('_', '-'): value for name, value in headers.items()}
        if body is not None:
            body = json.dumps(body)
            headers['Content-Type'] = 'application/json'
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        return answer.status, answer.headers, answer.read().decode()

    def post(self, resource, **headers):
        message = {'event_id': 'VOLUME_000002', 'resource_type': 'VOLUME', 'resource_uuid': resource}
        return self.ask('POST', MESSAGES, {'message': message}, **headers)

    def listed(self):
        """Returns all messages of the project, page by page."""
        messages, path = [], MESSAGES + '?limit=1000'
        while path:
            status, _, text = self.ask('GET', path)
            assert status == 200, (status, text)
            page = json.loads(text)
            messages += page['messages']
            links = page.get('messages_links')
            path = links[0]['href'].removeprefix(self.base) if links else None
        return messages


def migrate(program, tidings):
    subprocess.run([program, 'db', 'migrate', '--config-file', tidings.conf], check=True, stdout=subprocess.DEVNULL)
