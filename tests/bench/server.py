"""The program under test: its process, and the resources it used."""

import os
import pathlib
import signal
import socket
import subprocess
import time
import urllib.request

import databases
import rows

TICKS = os.sysconf('SC_CLK_TCK')


class Program:
    """The program, a directory for kept databases, one for the files of the run, and the database to measure on."""

    def __init__(self, path, state, work, kind='sqlite', store=None, messages=1_000_000, ingest=None, publisher=None,
                 webhooks=None):
        self.path = path
        self.state = pathlib.Path(state)
        self.work = pathlib.Path(work)
        self.kind = kind
        # The program that records messages without HTTP.
        self.store = store
        # The program that reads notifications.
        self.ingest = ingest
        # The program that only publishes.
        self.publisher = publisher
        # The program that delivers to webhooks.
        self.webhooks = webhooks
        self.messages = messages
        # Allows pages of a thousand messages.
        self.projects = [rows.project(number) for number in range(max(1, messages // 1000))]
        self.databases = databases.of(self, kind)

    def database(self, name, lines):
        """Returns the URL of a fresh copy of a database with the messages of `lines()`; creates the database if missing."""
        return self.databases.fresh(name, lines)

    def million(self):
        """That of a million messages, or as many as there are to be."""
        name = 'million' if self.messages == 1_000_000 else f'{self.messages}'
        return self.database(name, lambda: rows.lines(self.messages, projects=len(self.projects)))

    def to_purge(self):
        """That of five times as many, of which a fifth has expired."""
        name = 'purge' if self.messages == 1_000_000 else f'purge-{self.messages}'
        return self.database(name, lambda: rows.lines(5 * self.messages, self.messages, len(self.projects)))

    def command(self, *arguments):
        return [self.path, *map(str, arguments)]

    def run(self, url, *arguments):
        """Runs a command on a database and gives what it prints."""
        return subprocess.run(self.command(*arguments), env=databases.environment(url), cwd=self.work, check=True,
                              capture_output=True, text=True).stdout


class Server:
    """A running server, for a `with` statement: default configuration but for the address and a log file."""

    def __init__(self, program, database, options=None, wrapper=()):
        self.projects = program.projects
        self.port = free_port()
        self.url = f'http://127.0.0.1:{self.port}'
        self.log = program.work / f'server-{self.port}.log'
        self.command = [*wrapper, *program.command('serve', '--bind', f'127.0.0.1:{self.port}')]
        self.environment = databases.environment(database) | {'OS_DEFAULT__LOG_FILE': str(self.log)} | (options or {})
        self.cwd = program.work

    def __enter__(self):
        begin = time.monotonic()
        self.process = subprocess.Popen(self.command, env=self.environment, cwd=self.cwd,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > begin + 300:
                self.process.kill()
                raise SystemExit(f'the server did not come up, see {self.log}')
            time.sleep(0.001)
        self.start_seconds = time.monotonic() - begin
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(300)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = 'none, it had to be killed'
        if status != 0:
            raise SystemExit(f'the server ended with status {status}')
        self.log.unlink(missing_ok=True)

    def answers(self):
        try:
            with urllib.request.urlopen(f'{self.url}/healthcheck', timeout=10) as response:
                return response.status == 200
        except OSError:
            return False

    def ask(self, method, path, token, body=None, accept='*/*'):
        """The body of an answer, which must be a success."""
        headers = {'Accept': accept} | ({'Content-Type': 'application/json'} if body else {})
        if token is not None:
            headers['X-Auth-Token'] = token
        request = urllib.request.Request(self.url + path, body and body.encode(), headers, method=method)
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.read()

    def cpu_seconds(self):
        """User and system time so far, of all threads."""
        fields = pathlib.Path(f'/proc/{self.process.pid}/stat').read_text().rpartition(')')[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def resident_mb(self):
        status = pathlib.Path(f'/proc/{self.process.pid}/status').read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith('VmRSS')) / 1000

    def empty_log(self):
        """A hundred thousand lines a second would fill the disk of a long run."""
        os.truncate(self.log, 0)


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]
