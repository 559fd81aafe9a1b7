"""Measures: each gives rows for a table of report.py."""

import json
import pathlib
import statistics
import subprocess
import time
from dataclasses import dataclass

import cases
import load
import rows
from server import Server

# Marks of the project, apart from the parts of a floor that stand with the cases.
START_MS = 300
MEMORY_MB = 120
POST_P99_MS = 10
POST_FDATASYNCS = 3
PURGE_SECONDS = 120
PURGE_P99_MS = 150
PURGE_WAL_MB = 512

EXPIRED = 1_000_000
MILLION = ('million', lambda: rows.lines(1_000_000))
FIVE_MILLION = ('purge', lambda: rows.lines(5_000_000, expired=EXPIRED))


@dataclass
class Round:
    """A case and its floor, one right after the other; for writes with the fdatasyncs around them."""

    floor: load.Load
    case: load.Load
    fdatasyncs: float | None = None


@dataclass
class Figure:
    """One figure and the mark that it is to stay under."""

    what: str
    value: float
    unit: str
    mark: float | None = None

    def is_reached(self):
        return self.mark is None or self.value < self.mark


def median(values):
    return statistics.median(list(values))


def pairs(program, wanted, rounds, seconds):
    """The rounds of each wanted case, interleaved: a slow minute of the machine falls on all of them."""
    results = {case.name: [] for case in wanted}
    if not wanted:
        return results
    with Server(program, program.database(*MILLION)) as server:
        files = {case.name: request_files(program, server, case) for case in wanted}
        for number in range(rounds):
            for case in wanted:
                results[case.name].append(one_round(program, server, case, files[case.name], seconds))
            print(f'round {number + 1} of {rounds}', flush=True)
    return results


def request_files(program, server, case):
    files = []
    for side, requests in zip(('case', 'floor'), case.both(server), strict=True):
        path = program.work / f'{case.name}.{side}'
        load.write_requests(path, server, requests)
        files.append(path)
    return files


def one_round(program, server, case, files, seconds):
    requests, floor = files
    # Both the case and what bounds it lie between two equal measurements of the disk.
    before = load.fdatasyncs(program.work, 1) if case.writes else None
    below = load.measure(server, floor, case.clients, seconds)
    above = load.measure(server, requests, case.clients, seconds)
    if before is None:
        return Round(below, above)
    return Round(below, above, (before + load.fdatasyncs(program.work, 1)) / 2)


def start(program):
    database = program.database(*MILLION)
    times = []
    for _ in range(5):
        with Server(program, database) as server:
            times.append(server.start_seconds * 1000)
    return [Figure('time until the first answer, a million messages', median(times), 'ms', START_MS)]


def memory(program):
    path, done = program.work / 'memory.case', 0
    with Server(program, program.database(*MILLION)) as server:
        load.write_requests(path, server, cases.list_of(100)(server))
        while done < 10_000:
            done += load.measure(server, path, 16, 2).requests
        return [Figure(f'VmRSS after {done} lists of 100', server.resident_mb(), 'MB', MEMORY_MB)]


def access_log(program, rounds, seconds):
    """A list of 1 with the default configuration and with `access_log = false`, in turn."""
    database = program.database(*MILLION)
    loud, quiet = [], []
    with Server(program, database) as first, Server(program, database, {'OS_DEFAULT__ACCESS_LOG': 'false'}) as second:
        for server, results in [(first, loud), (second, quiet)]:
            load.write_requests(program.work / f'log-{server.port}', server, cases.list_of(1)(server))
        for _ in range(rounds):
            for server, results in [(first, loud), (second, quiet)]:
                results.append(load.measure(server, program.work / f'log-{server.port}', 16, seconds))
    cost = median(one.cpu_micros - other.cpu_micros for one, other in zip(loud, quiet, strict=True))
    rate = median(one.rate / other.rate for one, other in zip(loud, quiet, strict=True))
    return [
        Figure('CPU of the line in the access log, per request', cost, 'us'),
        Figure('rate of a list of 1 with access log, of that without', rate * 100, '%'),
    ]


def purge(program):
    """`tidings purge` in a process of its own, as cron runs it, on a server that is kept busy."""
    database = program.database(*FIVE_MILLION)
    with Server(program, database) as server:
        for name, requests in [('lists', cases.list_of(100)), ('posts', cases.post(cases.SINGLE))]:
            load.write_requests(program.work / name, server, requests(server))
        calm, _ = busy(program, server, lambda: time.sleep(10))
        during, done = busy(program, server, lambda: watched_purge(program, server, database))
    report, wal = done
    if report['messages'] != EXPIRED or report['left']:
        raise SystemExit(f'the purge did not delete what expired: {report}')
    return [
        Figure('purge of 1 of 5 million rows, server busy', report['seconds'], 's', PURGE_SECONDS),
        Figure("writers' p99 meanwhile", during['posts'].p99_ms, 'ms', PURGE_P99_MS),
        Figure("writers' p99 without a purge", calm['posts'].p99_ms, 'ms'),
        Figure("readers' p99 meanwhile", during['lists'].p99_ms, 'ms'),
        Figure("readers' p99 without a purge", calm['lists'].p99_ms, 'ms'),
        Figure('POST per second meanwhile', during['posts'].rate, ''),
        Figure('POST per second without a purge', calm['posts'].rate, ''),
        Figure('largest WAL file', wal, 'MiB', PURGE_WAL_MB),
    ]


def busy(program, server, work):
    """Does something while 16 clients list and 16 POST, and gives what they saw."""
    clients = {name: load.Wrk(server, program.work / name, 16, 600) for name in ('lists', 'posts')}
    time.sleep(1)
    result = work()
    seen = {name: client.stop() for name, client in clients.items()}
    server.empty_log()
    return seen, result


def watched_purge(program, server, database):
    wal, largest = pathlib.Path(f'{database}-wal'), 0
    command = program.command('purge', '--output', 'json')
    from_here = {'env': server.environment, 'cwd': program.work}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **from_here) as process:
        while process.poll() is None:
            largest = max(largest, wal.stat().st_size if wal.exists() else 0)
            time.sleep(0.05)
        return json.loads(process.stdout.read()), largest / 2**20
