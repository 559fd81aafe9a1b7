"""The databases to measure on. Their messages are generated once and copied for each use."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

SERVICES = pathlib.Path(__file__).parents[1] / 'services'


class Sqlite:
    """A file beside the server under test."""

    bound = 'fdatasync'

    def __init__(self, program):
        self.program = program

    def fresh(self, name, fill):
        """The URL of a copy of what `fill(url)` makes."""
        kept = self.program.state / f'{name}.db'
        if not kept.exists():
            new = kept.with_suffix('.new')
            for old in kept.parent.glob(f'{new.name}*'):
                old.unlink()
            make(self.program, f'sqlite:///{new}', kept, fill)
            # Closing the store removes the write-ahead log beside the file.
            new.rename(kept)
        copy = self.program.work / f'{name}.db'
        for old in self.program.work.glob(f'{name}.db*'):
            old.unlink()
        shutil.copyfile(kept, copy)
        # Otherwise the copy would be written back in the middle of a measurement.
        subprocess.run(['sync', copy], check=True)
        return f'sqlite:///{copy}'

    def commits(self, _, seconds):
        """Writes of 4 KiB a second, each followed by fdatasync: what one commit after another could reach at most."""
        command = ['fio', '--name=floor', f'--directory={self.program.work}', '--rw=write', '--bs=4k', '--fdatasync=1',
                   '--size=256m', '--time_based', f'--runtime={seconds}', '--output-format=json']
        result = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        for file in self.program.work.glob('floor.*'):
            file.unlink()
        return json.loads(result[result.index('{'):])['jobs'][0]['write']['iops']

    def close(self):
        pass


class Service:
    """A database server of tests/services, set up as for a small host: commits are on the disk, the messages in memory."""

    EXTRA = {
        'postgresql': '-c shared_buffers=1GB -c max_wal_size=4GB',
        'mariadb': 'innodb_buffer_pool_size=1G\ninnodb_log_file_size=1G',
    }

    def __init__(self, program, kind):
        self.program = program
        self.kind = kind
        self.folder = None
        self.bound = {'postgresql': 'empty commits of 64 clients', 'mariadb': 'commits of a row of 32 clients'}[kind]

    def fresh(self, name, fill):
        """The URL of a copy of what `fill(url)` makes. The copy before is gone."""
        self.close()
        kept = self.program.state / f'{self.kind}-{name}'
        if not kept.exists():
            new = kept.with_suffix('.new')
            shutil.rmtree(new, ignore_errors=True)
            make(self.program, self.start(new), kept, fill)
            self.control('halt', new)
            new.rename(kept)
        folder = self.program.work / self.kind
        folder.mkdir()
        # The server runs as its own user.
        self.program.work.chmod(0o755)
        subprocess.run(['cp', '-a', '--reflink=auto', kept / 'data', folder], check=True)
        subprocess.run(['sync', '-f', folder], check=True)
        self.folder = folder
        return self.start(folder)

    def start(self, folder):
        url = self.control('start', folder)
        if self.kind == 'postgresql':
            return url
        # The URL of the script names the system database.
        self.mariadb('mariadb', folder, '-e', 'CREATE DATABASE IF NOT EXISTS tidings')
        return url.replace('/mysql', '/tidings')

    def mariadb(self, command, folder, *arguments):
        """Returns the output of a MariaDB client with all rights."""
        return subprocess.run([command, '--no-defaults', '-u', 'root', '-S', folder / 'socket', *arguments], check=True,
                              capture_output=True, text=True).stdout

    def control(self, action, folder):
        for parent in (self.program.state, self.program.work):
            parent.chmod(0o755)
        environment = os.environ | {'SERVICE_EXTRA': self.EXTRA[self.kind]}
        # The started server must not hold the pipe open.
        out = self.program.work / 'service'
        with open(out, 'w', encoding='utf-8') as file:
            subprocess.run([SERVICES / f'{self.kind}.sh', action, folder], env=environment, check=True, stdout=file)
        return out.read_text(encoding='utf-8').strip()

    def close(self):
        if self.folder:
            self.control('stop', self.folder)
            shutil.rmtree(self.folder)
            self.folder = None

    def commits(self, url, seconds):
        """What its writes are held against, `bound`, a second."""
        return {'postgresql': empty_commits, 'mariadb': row_commits}[self.kind](self, url, seconds)


def make(program, url, kept, fill):
    print(f'making {kept}, once', flush=True)
    began = time.monotonic()
    program.run(url, 'db', 'migrate')
    fill(url)
    print(f'made in {time.monotonic() - began:.0f} s', flush=True)


def load_messages(program, url, lines):
    """Imports messages."""
    with subprocess.Popen(program.command('message', 'import', '-'), env=environment(url), stdin=subprocess.PIPE,
                          stdout=subprocess.DEVNULL, text=True, cwd=program.work) as reader:
        reader.stdin.writelines(lines)
        reader.stdin.close()
        if reader.wait() != 0:
            sys.exit('the import failed')


def environment(url):
    return os.environ | {'OS_DATABASE__CONNECTION': url}


def empty_commits(service, url, seconds):
    script = service.program.work / 'empty.sql'
    script.write_text('BEGIN;\nCOMMIT;\n')
    # Takes the newest of several versions of PostgreSQL.
    pgbench = max(pathlib.Path('/usr/lib/postgresql').glob('*/bin/pgbench'), key=lambda path: float(path.parts[4]))
    # The run includes the time to connect, the rate does not.
    command = [pgbench, '-n', '-c', '64', '-j', '2', '-M', 'prepared', '-T', str(seconds + 2), '-f', script, url]
    result = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    rates = [float(line.split()[2]) for line in result.splitlines() if line.startswith('tps')]
    if not rates:
        sys.exit(f'pgbench measured nothing: {result}')
    return rates[0]


ROW = (
    "INSERT INTO messages VALUES ('0c5a5b0d6d9c4b7a8f3e2d1c0b9a8f7e', UNIX_TIMESTAMP(SYSDATE(6)) * 1000000, "
    "UNHEX(REPLACE(UUID(), '-', '')), 'VOLUME_VOLUME_002_009', '002', '009', 'VOLUME', "
    "'7c0b1be5-5d1c-4e5a-9f6e-0d5f2f9d3a11', 'req-2f6b6c0e-8f0b-4c52-b2a8-3d1f0c6f7b42', 'ERROR', NULL, 1893456000000000)"
)


def row_commits(service, url, seconds):
    """mariadb-slap runs a number of statements, not a time: a first run says how many. The table is as ours."""
    rate = slap(service, 2000)
    return slap(service, int(max(2000, rate * seconds)))


def slap(service, count):
    create = service.mariadb('mariadb', service.folder, '-rBNe', 'SHOW CREATE TABLE tidings.messages').partition('\t')[2]
    result = service.mariadb(
        'mariadb-slap', service.folder, '--concurrency=32', f'--number-of-queries={count}', '--create-schema=slap',
        '--create', create, '--query', ROW, '--csv', '--delimiter=;')
    return count / float(result.split(',')[2])


def of(program, kind):
    return Sqlite(program) if kind == 'sqlite' else Service(program, kind)
