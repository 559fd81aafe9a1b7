#!/usr/bin/env python3
"""Counts the instructions of one request in the server, which do not depend on the load of the machine.

    instructions.py PROGRAM WORK [--update]      WORK: an empty directory

The server runs under callgrind with one worker and one reader, and a single client sends one request after another.
Each kind of request is sent N times in one run and N + 100 times in another: the difference, divided by 100, is the cost
of one. The smaller of two counts is taken, since threads wait for each other differently each time; one that is small enough is
not taken again. Fails if a count is 5 % above that in instructions.txt; --update writes the measured counts there instead, for
a change that is worth its cost or has lowered it.
"""

import http.client
import pathlib
import sys

sys.dont_write_bytecode = True

import cases  # noqa: E402
import rows  # noqa: E402
from server import Program, Server  # noqa: E402

COMMITTED = pathlib.Path(__file__).with_name('instructions.txt')
MORE = 100
TOLERANCE = 0.05

PROJECT = rows.project(0)
KINDS = {
    'list-1': ('GET', f'/v3/{PROJECT}/messages?limit=1', None),
    'list-100': ('GET', f'/v3/{PROJECT}/messages?limit=100', None),
    'post': ('POST', f'/v3/{PROJECT}/messages', cases.SINGLE),
}

# Everything lazy or cached must be ready before the first counted request.
WARM_UP = 20


def least(program, requests, enough=0):
    """The smaller of two counts; the first if that is enough."""
    first = count(program, requests)
    return first if first <= enough else min(first, count(program, requests))


def count(program, requests):
    """The instructions of a server that answers these requests and ends."""
    out = program.work / 'callgrind.out'
    wrapper = ['valgrind', '--tool=callgrind', f'--callgrind-out-file={out}', '--quiet', '--fair-sched=yes']
    options = {'OS_API__WORKERS': '1', 'OS_DATABASE__MAX_POOL_SIZE': '1'}
    with Server(program, program.database('few', lambda: rows.lines(2000, projects=10)), options, wrapper) as server:
        connection = http.client.HTTPConnection('127.0.0.1', server.port, timeout=300)
        for method, path, body in requests:
            headers = {'X-Auth-Token': f'bench:{PROJECT}:member,service'}
            if body:
                headers['Content-Type'] = 'application/json'
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            response.read()
            if response.status not in (200, 201):
                sys.exit(f'{method} {path}: {response.status}')
        connection.close()
    summary = next(line for line in out.read_text().splitlines() if line.startswith('summary:'))
    return int(summary.split()[1])


def main():
    work = pathlib.Path(sys.argv[2])
    kept = work / 'kept'
    kept.mkdir()
    program = Program(sys.argv[1], kept, work)
    warm = [request for request in KINDS.values() for _ in range(WARM_UP)]
    is_update = '--update' in sys.argv
    committed = {name: int(figure) for name, figure in (line.split() for line in COMMITTED.read_text().splitlines())}
    allowed = {name: 0 if is_update else int(committed.get(name, 0) * (1 + TOLERANCE)) for name in KINDS}
    base = least(program, warm)
    found = {name: (least(program, warm + [request] * MORE, base + MORE * allowed[name]) - base) // MORE
             for name, request in KINDS.items()}
    for name, figure in found.items():
        known = committed.get(name)
        print(f'{name:10} {figure:>10}' + (f'  {figure / known - 1:+.1%} of {known}' if known else ''))
    if is_update:
        COMMITTED.write_text(''.join(f'{name} {figure}\n' for name, figure in found.items()))
        return 0
    wrong = [name for name, figure in found.items() if figure > allowed[name]]
    if wrong:
        print(f'more than {TOLERANCE:.0%} over tests/bench/instructions.txt: {", ".join(wrong)}')
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
