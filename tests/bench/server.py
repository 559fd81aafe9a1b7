"""The program under test: its databases, its process, and what that process used."""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time
import urllib.request

TICKS = os.sysconf('SC_CLK_TCK')


class Program:
    """The program, a place for databases that are kept, and one for what ends with the run."""

    def __init__(self, path, state, work):
        self.path = path
        self.state = pathlib.Path(state)
        self.work = pathlib.Path(work)

    def database(self, name, lines):
        """A fresh copy of a database of the messages that `lines()` gives; it is made when it is not there yet."""
        kept = self.state / f'{name}.db'
        if not kept.exists():
            print(f'making {kept}, once', flush=True)
            self.make(kept, lines())
        copy = self.work / f'{name}.db'
        for old in self.work.glob(f'{name}.db*'):
            old.unlink()
        shutil.copyfile(kept, copy)
        # What was just copied would otherwise be written back in the middle of a measurement.
        subprocess.run(['sync', copy], check=True)
        return copy

    def make(self, path, lines):
        new = path.with_suffix('.new')
        for old in path.parent.glob(f'{new.name}*'):
            old.unlink()
        self.run(new, 'db', 'migrate')
        with subprocess.Popen(self.command('message', 'import', '-'), env=environment(new), stdin=subprocess.PIPE,
                              stdout=subprocess.DEVNULL, text=True, cwd=self.work) as reader:
            reader.stdin.writelines(lines)
            reader.stdin.close()
            if reader.wait() != 0:
                raise SystemExit('the import failed')
        # The last one to close the store leaves no log beside the file.
        new.rename(path)

    def command(self, *arguments):
        return [self.path, *map(str, arguments)]

    def run(self, database, *arguments):
        """Runs a command on a database and gives what it prints."""
        return subprocess.run(self.command(*arguments), env=environment(database), cwd=self.work, check=True,
                              capture_output=True, text=True).stdout


class Server:
    """A running server, for a `with` statement: default configuration but for the address and a log file."""

    def __init__(self, program, database, options=None, wrapper=()):
        self.port = free_port()
        self.url = f'http://127.0.0.1:{self.port}'
        self.log = program.work / f'server-{self.port}.log'
        self.command = [*wrapper, *program.command('serve', '--bind', f'127.0.0.1:{self.port}')]
        self.environment = environment(database) | {'OS_DEFAULT__LOG_FILE': str(self.log)} | (options or {})
        self.cwd = program.work

    def __enter__(self):
        begin = time.monotonic()
        self.process = subprocess.Popen(self.command, env=self.environment, cwd=self.cwd,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > begin + 60:
                self.process.kill()
                raise SystemExit(f'the server did not come up, see {self.log}')
            time.sleep(0.001)
        self.start_seconds = time.monotonic() - begin
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(60)
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

    def ask(self, method, path, token, body=None):
        """The body of an answer, which must be a success."""
        headers = {'X-Auth-Token': token} | ({'Content-Type': 'application/json'} if body else {})
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


def environment(database):
    return os.environ | {'OS_DATABASE__CONNECTION': f'sqlite:///{database}'}


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]
