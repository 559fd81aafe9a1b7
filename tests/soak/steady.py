"""A steady load over a long time: the server and its files must not grow. Run by tests/soak/run, see there.

    steady.py TIDINGS growth ROUNDS SEED    each round records, reads, deletes and purges everything
    steady.py TIDINGS hours HOURS SEED      the same for HOURS hours, with pauses, restarts and kills between rounds

The database is $OS_DATABASE__CONNECTION, or an SQLite file. Every answer must have an allowed status, every message
answered with 201 must exist after a kill, and from the first third of the rounds to the last no measurement of LEVEL may grow
by more than its factor.
"""
import collections
import http.client
import json
import os
import pathlib
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

CLIENTS, REQUESTS = 4, 200
# The allowed factors between the maxima of the last third and the first.
LEVEL = {'database_kib': 1.15, 'memory_kib': 1.15, 'descriptors': 1.1, 'threads': 1.0}
JSON = {'Content-Type': 'application/json'}
MESSAGE = {'event_id': 'VOLUME_000002', 'resource_type': 'VOLUME'}
SNAPSHOT = {'action': 'SNAPSHOT_CREATE', 'detail': 'QUOTA_EXCEED', 'resource_type': 'VOLUME_SNAPSHOT'}


class Client:
    """One connection and its recorded messages."""

    def __init__(self, port, seed):
        self.port, self.chance, self.ids, self.wrong = port, random.Random(seed), [], []
        self.connection = http.client.HTTPConnection('127.0.0.1', port, timeout=60)

    def ask(self, method, path, allowed, body=None, headers=None):
        """Returns the JSON of an answer with one of the allowed statuses."""
        data = json.dumps(body) if isinstance(body, dict) else body
        self.connection.request(method, path, data, {**(JSON if body else {}), **(headers or {})})
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status not in allowed:
            self.wrong.append(f'{method} {path}: {answer.status} {text[:200]}')
        return json.loads(text) if answer.status in (200, 201) else None

    def project(self):
        return f'p{self.chance.randrange(5)}'

    def record(self):
        project, body = self.project(), {'message': self.chance.choice([MESSAGE, SNAPSHOT])}
        answer = self.ask('POST', f'/v3/{project}/messages', {201}, body)
        self.ids += [(project, answer['message']['id'])] if answer else []

    def record_batch(self):
        project, body = self.project(), {'messages': [MESSAGE] * 20}
        answer = self.ask('POST', f'/v3/{project}/messages', {201}, body,
                          {'Idempotency-Key': f'"{self.chance.getrandbits(64)}"'})
        self.ids += [(project, message['id']) for message in answer['messages']] if answer else []

    def list(self):
        query = self.chance.choice(['', 'limit=5', 'limit=100&offset=3', 'sort=event_id:asc&limit=20', 'text=quota',
                                    f'resource_uuid={self.chance.getrandbits(32)}', 'message_level=error&limit=1'])
        accept = self.chance.choice(['application/json', 'text/html', 'application/vnd.tidings.message+json'])
        self.connection.request('GET', f'/v3/{self.project()}/messages?{query}', headers={'Accept': accept})
        answer = self.connection.getresponse()
        answer.read()
        # The page takes no `sort`, and says so.
        if answer.status != 200 and accept != 'text/html':
            self.wrong.append(f'list {query}: {answer.status}')

    def show(self):
        project, id = self.chance.choice(self.ids or [('p0', 'none')])
        self.ask('GET', f'/v3/{project}/messages/{id}', {200, 404})

    def delete(self):
        if self.ids:
            project, id = self.ids.pop(self.chance.randrange(len(self.ids)))
            # It may have expired.
            self.ask('DELETE', f'/v3/{project}/messages/{id}', {204, 404})

    def mark(self):
        self.ask('PUT', f'/v3/{self.project()}/messages/-/read', {200}, {'read': {'all': True}})

    def mistake(self):
        project = self.project()
        self.ask(*self.chance.choice([
            ('POST', f'/v3/{project}/messages', {400}, '{"message": {"event_id": "VOLUME_0'),
            ('POST', f'/v3/{project}/messages', {400}, {'message': {'event_id': 'NOSUCH_000001'}}),
            ('GET', f'/v3/{project}/messages?limit=-1', {400}),
            ('GET', f'/v3/{project}/nosuch', {404}),
            ('DELETE', f'/v3/{project}/messages/00000000-0000-4000-8000-000000000000', {404}),
        ]))

    def hang_up(self):
        """Opens a stream or sends half a request, and vanishes."""
        with socket.create_connection(('127.0.0.1', self.port)) as other:
            accept = self.chance.choice(['text/event-stream', '*/*'])
            end = self.chance.choice(['\r\n\r\n', '\r\n'])
            other.sendall(f'GET /v3/{self.project()}/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: {accept}{end}'.encode())
            time.sleep(self.chance.uniform(0, 0.02))

    def run(self):
        work = {self.record: 50, self.record_batch: 5, self.list: 20, self.show: 6, self.delete: 6, self.mark: 4,
                self.mistake: 6, self.hang_up: 3}
        for _ in range(REQUESTS):
            self.chance.choices(list(work), list(work.values()))[0]()


class Server:
    def __init__(self, tidings, folder, time_to_live):
        self.tidings, self.folder = tidings, folder
        with socket.socket() as probe:
            probe.bind(('127.0.0.1', 0))
            self.port = probe.getsockname()[1]
        self.environment = {'OS_DATABASE__CONNECTION': f'sqlite:///{folder}/tidings.db', **os.environ,
                            'OS_MESSAGES__TTL': str(time_to_live), 'OS_MESSAGES__IDEMPOTENCY_TTL': str(time_to_live),
                            'OS_DATABASE__WAL_LIMIT': '16777216', 'OS_DEFAULT__LOG_FILE': f'{folder}/log',
                            'OS_OSLO_MESSAGING_NOTIFICATIONS__DRIVER': 'log'}
        (folder / 'tidings.conf').touch()
        self.command('db', 'migrate')
        self.start()

    def command(self, *arguments):
        return subprocess.run([self.tidings, *arguments], check=True, cwd=self.folder, env=self.environment,
                              capture_output=True, text=True).stdout

    def start(self):
        self.process = subprocess.Popen([self.tidings, 'serve', '--bind', f'127.0.0.1:{self.port}'], cwd=self.folder,
                                        env=self.environment, stderr=subprocess.DEVNULL)
        until = time.monotonic() + 60
        while time.monotonic() < until and self.process.poll() is None:
            try:
                socket.create_connection(('127.0.0.1', self.port)).close()
                return
            except OSError:
                time.sleep(0.05)
        sys.exit('the server did not come up')

    def restart(self, number):
        self.process.send_signal(number)
        self.process.wait(60)
        self.start()

    def rotate_log(self):
        (self.folder / 'log').unlink(missing_ok=True)
        self.process.send_signal(signal.SIGHUP)

    def figures(self):
        folder = pathlib.Path(f'/proc/{self.process.pid}')
        status = dict(line.split(':', 1) for line in (folder / 'status').read_text().splitlines())
        return {'database_kib': sum(path.stat().st_size for path in self.folder.glob('tidings.db*')) // 1024,
                'memory_kib': int(status['RssAnon'].split()[0]),
                'descriptors': len(list((folder / 'fd').iterdir())), 'threads': int(status['Threads'])}


def work(server, seed):
    """Runs one round; returns the recorded messages that still exist."""
    clients = [Client(server.port, f'{seed}.{number}') for number in range(CLIENTS)]
    threads = [threading.Thread(target=client.run) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if wrong := [text for client in clients for text in client.wrong]:
        sys.exit('\n'.join([f'{len(wrong)} answers are wrong:', *wrong[:5]]))
    return [found for client in clients for found in client.ids]


def find(server, made):
    """Fails unless every message exists."""
    ids = collections.defaultdict(set)
    for project, id in made:
        ids[project].add(id)
    client = Client(server.port, 0)
    for project, wanted in ids.items():
        path = f'/v3/{project}/messages?limit=1000'
        while path:
            answer = client.ask('GET', path, {200})
            wanted -= {message['id'] for message in answer['messages']}
            links = answer.get('messages_links')
            path = links and '/v3/' + links[0]['href'].split('/v3/', 1)[1]
        if wanted:
            sys.exit(f'{len(wanted)} messages of {project} were answered with 201 and are lost')


def judge(rows):
    """Fails if a measurement of the last third exceeds that of the first by more than its factor."""
    third = max(len(rows) // 3, 1)
    for name, factor in LEVEL.items():
        first, last = (max(row[name] for row in part) for part in (rows[:third], rows[-third:]))
        print(f'{name}: {first} in the first third, {last} in the last')
        if last > first * factor:
            sys.exit(f'{name} grows')


def main():
    tidings, kind, amount, seed = sys.argv[1:]
    chance, is_long = random.Random(int(seed)), kind == 'hours'
    ends = time.monotonic() + float(amount) * 3600 if is_long else None
    with tempfile.TemporaryDirectory() as folder:
        server = Server(tidings, pathlib.Path(folder), 120 if is_long else 1)
        rows, recorded, restarts = [], 0, collections.Counter()
        try:
            while time.monotonic() < ends if is_long else len(rows) < int(amount):
                made = work(server, f'{seed}.{len(rows)}')
                recorded += len(made)
                server.rotate_log()
                if is_long:
                    if number := chance.choices([None, signal.SIGTERM, signal.SIGKILL], [8, 1, 1])[0]:
                        server.restart(number)
                        restarts[number.name] += 1
                        find(server, made)
                    time.sleep(chance.uniform(0, 10))
                else:
                    time.sleep(1.1)
                server.command('purge', '--pause', '0')
                rows.append(server.figures())
                if len(rows) % 10 == 0:
                    print(f'round {len(rows)}: {rows[-1]}', flush=True)
            judge(rows)
            print(f'{len(rows)} rounds, {recorded} messages, restarts: {dict(restarts)}')
        finally:
            server.process.terminate()
            server.process.wait(60)


main()
