#!/usr/bin/env python3
"""Counts the instructions of a POST in the database server, without and with a possible index, to decide about the index.
No other program runs this.

    indexes.py PROGRAM WORK postgresql|mariadb     WORK: an empty directory that other users may read

The server runs under callgrind with 200 000 messages, and a single client records POSTS more. As in instructions.py the
count of a run with few messages is subtracted. Processor time would vary by more than the cost of an index on a busy
machine.
"""

import http.client
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True

import rows  # noqa: E402
from server import Program, Server  # noqa: E402

COLUMNS = ['', 'request_id', 'resource_uuid', 'event_id']
MESSAGES = 200_000
WARM_UP, POSTS = 100, 1000
# The programs, and their options under callgrind.
PROGRAMS = {'mariadb': ('/usr/sbin/mariadbd', '--innodb-use-native-aio=0 --innodb-buffer-pool-size-max=1G'), 'postgresql': ('/usr/lib/postgresql/*/bin/postgres', '')}


def record(server, count):
    connection = http.client.HTTPConnection('127.0.0.1', server.port, timeout=120)
    chance = random.Random(count)
    for number in range(count):
        project = server.projects[chance.randrange(len(server.projects))]
        body = {'event_id': f'VOLUME_VOLUME_{1 + number % 16:03}_{2 + number % 12:03}', 'resource_type': 'VOLUME',
                'resource_uuid': rows.uuid(chance.getrandbits(128), 4), 'request_id': 'req-' + rows.uuid(chance.getrandbits(128), 4)}
        headers = {'X-Auth-Token': f'bench:{project}:service', 'Content-Type': 'application/json'}
        connection.request('POST', f'/v3/{project}/messages', json.dumps({'message': body}), headers)
        answer = connection.getresponse()
        text = answer.read()
        if answer.status != 201:
            sys.exit(f'{answer.status}: {text}')
    connection.close()


def count(program, column, posts):
    """Returns the instructions of a server that records this number of messages and stops."""
    databases = program.databases
    url = program.million()
    if column:
        statement = f'CREATE INDEX probed ON messages ({column})'
        if program.kind == 'mariadb':
            databases.mariadb('mariadb', databases.folder, 'tidings', '-e', statement)
        else:
            subprocess.run(['psql', '-q', '-c', statement, url], check=True)
    databases.control('halt', databases.folder)
    out = databases.folder / 'data'
    os.environ['SERVICE_PROGRAM'] = str(counting(program, out))
    url = databases.start(databases.folder)
    del os.environ['SERVICE_PROGRAM']
    with Server(program, url, {'OS_DATABASE__MAX_POOL_SIZE': '1', 'OS_DATABASE__MAX_WRITERS': '1'}) as server:
        record(server, posts)
    databases.control('halt', databases.folder)
    total = 0
    for file in out.glob('callgrind.*'):
        text = file.read_text(encoding='utf-8')
        # Only the processes of PostgreSQL that serve clients: the others come and go.
        if program.kind == 'mariadb' or 'PostgresMain' in text:
            total += sum(int(line.split()[1]) for line in text.splitlines() if line.startswith('totals:'))
    shutil.rmtree(databases.folder)
    databases.folder = None
    return total


def counting(program, out):
    """A program that starts the database server under callgrind."""
    path, options = PROGRAMS[program.kind]
    # callgrind creates its file as root, and could not write it later as the user of the server.
    user = 'exec runuser -u mysql --' if program.kind == 'mariadb' else 'exec'
    real = max(pathlib.Path('/').glob(path[1:]))
    script = program.work / 'counting'
    script.write_text(f"""#!/bin/sh
[ "$1" != -V ] || exec {real} "$@"
{user} valgrind --tool=callgrind --trace-children=yes --fair-sched=yes --quiet --callgrind-out-file={out}/callgrind.%p {real} "$@" {options}
""")
    script.chmod(0o755)
    return script


def main():
    path, work, kind = sys.argv[1:]
    program = Program(str(pathlib.Path(path).resolve()), work, pathlib.Path(work, 'run'), kind, messages=MESSAGES)
    program.work.mkdir(exist_ok=True)
    # Background work of PostgreSQL would disturb the count.
    program.databases.EXTRA['postgresql'] += ' -c autovacuum=off -c bgwriter_lru_maxpages=0 -c checkpoint_timeout=1h'
    base = None
    try:
        for column in COLUMNS:
            cost = (count(program, column, WARM_UP + POSTS) - count(program, column, WARM_UP)) / POSTS
            base = base or cost
            print(f'{kind} {column or "none"} {cost:.0f} {cost / base - 1:+.1%}', flush=True)
    finally:
        if program.databases.folder:
            program.databases.close()


main()
