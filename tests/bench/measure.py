"""The measurements. Each returns rows for a table of report.py."""

import contextlib
import json
import pathlib
import statistics
import subprocess
import time
from dataclasses import dataclass

import cases
import databases
import load
from server import Server

# Targets of the project, apart from those of the cases.
START_MS = 300
MEMORY_MB = 120
POST_P99_MS = 10
POST_FDATASYNCS = 3
PURGE_SECONDS = 120
PURGE_P99_MS = 150
PURGE_WAL_MB = 512

# The same with a database server.
INSERT_COMMITS = 1.5

# As a percentage of a consumer that only acknowledges.
INGEST_PART = 40

# As a percentage of a bare publisher with confirms.
EVENT_PARTS = {1: 50, 20: 65}
NOTIFICATIONS = 20_000

# As a percentage of a bare client that posts, and milliseconds from commit to arrival.
WEBHOOK_PART = 40
WEBHOOK_MS = 50

# How many times as long listeners may wait beside some that fail, and what is left, in percent, of the rates when a million wait.
WEBHOOK_CROWD = 2
WEBHOOK_BACKLOG_PART = 75

PURGE_READ_P99_MS = 10


@dataclass
class Round:
    """A case and its baseline, one right after the other; for writes with the commits of the disk or the database around them."""

    floor: load.Load
    case: load.Load
    commits: float | None = None


@dataclass
class Figure:
    """A metric and its target, an upper or a lower bound."""

    what: str
    value: float
    unit: str
    mark: float | None = None
    is_least: bool = False

    def is_reached(self):
        return self.mark is None or (self.value >= self.mark if self.is_least else self.value < self.mark)


def median(values):
    return statistics.median(list(values))


def pairs(program, wanted, rounds, seconds):
    """The rounds of each wanted case, interleaved: a slow minute of the machine falls on all of them."""
    results = {case.name: [] for case in wanted}
    if not wanted:
        return results
    database = program.million()
    with Server(program, database) as server:
        files = {case.name: request_files(program, server, case) for case in wanted}
        for number in range(rounds):
            for case in wanted:
                results[case.name].append(one_round(program, server, database, case, files[case.name], seconds))
            print(f'round {number + 1} of {rounds}', flush=True)
    return results


def request_files(program, server, case):
    files = []
    for side, requests in zip(('case', 'floor'), case.both(server), strict=True):
        path = program.work / f'{case.name}.{side}'
        load.write_requests(path, server, requests, case.accept)
        files.append(path)
    return files


def one_round(program, server, database, case, files, seconds):
    requests, floor = files
    # Two equal measurements of the disk or the database enclose the case and its bound.
    before = program.databases.commits(database, 1) if case.writes else None
    below = load.measure(server, floor, case.clients, seconds)
    above = load.measure(server, requests, case.clients, seconds)
    if before is None:
        return Round(below, above)
    return Round(below, above, (before + program.databases.commits(database, 1)) / 2)


def start(program):
    database = program.million()
    times = []
    for _ in range(5):
        with Server(program, database) as server:
            times.append(server.start_seconds * 1000)
    return [Figure('time until the first answer, a million messages', median(times), 'ms', START_MS)]


def memory(program):
    path, done = program.work / 'memory.case', 0
    with Server(program, program.million()) as server:
        load.write_requests(path, server, cases.list_of(100)(server))
        while done < 10_000:
            done += load.measure(server, path, 16, 2).requests
        return [Figure(f'VmRSS after {done} lists of 100', server.resident_mb(), 'MB', MEMORY_MB)]


def access_log(program, rounds, seconds):
    """A list of 1 with the default configuration and with `access_log = false`, in turn."""
    database = program.million()
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


def inserts(program, rounds, seconds):
    """The store itself, in a process of its own, between two equal measurements of the database."""
    database, taken = program.million(), []
    bound = program.databases.bound
    for _ in range(rounds):
        before = program.databases.commits(database, seconds)
        one = load.inserts(program, database, 64, seconds)
        taken.append((one, (before + program.databases.commits(database, seconds)) / 2))
    times = median(one['rate'] / commits for one, commits in taken)
    return [
        Figure('messages recorded by 64 clients, without HTTP, a second', median(one['rate'] for one, _ in taken), ''),
        Figure(f'{bound} a second', median(commits for _, commits in taken), ''),
        Figure(f'messages recorded, times {bound}', times, '', INSERT_COMMITS, is_least=True),
        Figure("recorders' p99", median(one['p99_ms'] for one, _ in taken), 'ms'),
    ]


def events(program, rounds, seconds):
    """Rounds of a bare publisher with confirms and of events that 64 clients report, in turn, on the same broker."""
    event = json.loads(pathlib.Path(__file__).with_name('event.json').read_text(encoding='utf-8'))
    bodies = {'one each': (json.dumps({'event': event}), 1), 'batches of 20': (json.dumps({'events': [event] * 20}), 20)}
    figures = []
    with rabbitmq(program) as url:
        options = {'OS_OSLO_MESSAGING_NOTIFICATIONS__DRIVER': 'messagingv2',
                   'OS_OSLO_MESSAGING_NOTIFICATIONS__TRANSPORT_URL': url, 'OS_DEFAULT__ACCESS_LOG': 'false'}
        with Server(program, f'sqlite:///{program.work}/events.db', options) as server:
            for title, (body, size) in bodies.items():
                load.write_requests(program.work / 'events', server, [('POST', '/v3/p1/events', 'bench:p1:service', body)])
                found = [event_round(program, server, url, size, seconds) for _ in range(rounds)]
                part = 100 * median(rate / floor for floor, rate in found)
                figures += [
                    Figure(f'events a second at the broker, {title}', median(rate for _, rate in found), ''),
                    Figure('those of a bare publisher', median(floor for floor, _ in found), ''),
                    Figure(f'events of bare ones, {title}', part, '%', EVENT_PARTS[size], is_least=True),
                ]
    return figures


def event_round(program, server, url, size, seconds):
    """The rates of a bare publisher and of the server, whose time ends when the last event has been confirmed."""
    def publish(time):
        output = subprocess.run([program.publisher, url, '64', str(time)], check=True, capture_output=True, text=True).stdout
        return json.loads(output)['rate']

    def delivered():
        line = next((line for line in server.ask('GET', '/metrics', 'x').decode().splitlines()
                     if line.startswith('tidings_events_delivered_total')), '0')
        return int(float(line.split()[-1]))

    floor, before, begun = publish(seconds), delivered(), time.monotonic()
    reported = load.Wrk(server, program.work / 'events', 64, seconds).finish().requests * size
    while delivered() - before < reported:
        time.sleep(0.01)
    rate = (delivered() - before) / (time.monotonic() - begun)
    publish(0)
    return floor, rate


@contextlib.contextmanager
def rabbitmq(program):
    """The URL of a broker that ends with the block."""
    folder, out = program.work / 'rabbitmq', program.work / 'rabbitmq.url'
    script = pathlib.Path(__file__).parents[1] / 'services' / 'rabbitmq.sh'
    with open(out, 'w', encoding='utf-8') as file:
        subprocess.run([script, 'start', folder], check=True, stdout=file)
    try:
        yield out.read_text(encoding='utf-8').strip()
    finally:
        subprocess.run([script, 'stop', folder], check=True)


def webhooks(program, rounds):
    return webhook_rates(program, rounds) + webhook_crowd(program, rounds) + webhook_backlog(program, rounds)


def webhook_rounds(program, *arguments):
    """What the program prints on an empty database."""
    url = program.database('empty', list)
    lines = subprocess.run([program.webhooks, *map(str, arguments)], env=databases.environment(url), cwd=program.work, check=True,
                           capture_output=True, text=True).stdout.splitlines()
    return [json.loads(line) for line in lines]


def webhook_rates(program, rounds):
    """Rounds of a bare client that posts to a receiver and of deliveries to the same one, in turn; and the time of a single one."""
    figures = []
    for listeners, events, title in [(1, 20_000, 'one listener'), (100, 200, 'a hundred listeners')]:
        *found, idle = webhook_rounds(program, 'rates', events, listeners, rounds)
        figures += [
            Figure(f'deliveries a second, {title}', median(one['rate'] for one in found), ''),
            Figure('those of a bare client', median(one['floor'] for one in found), ''),
            Figure(f'deliveries of bare ones, {title}', 100 * median(one['rate'] / one['floor'] for one in found), '%',
                   WEBHOOK_PART, is_least=True),
        ]
        if listeners == 1:
            figures.append(Figure('from commit to arrival, p99 of single events', idle['idle_p99_ms'], 'ms', WEBHOOK_MS))
    return figures


def webhook_crowd(program, rounds):
    """Rounds of 98 listeners alone, and beside one that is dead and one that trickles: twenty events a second for each."""
    found = webhook_rounds(program, 'crowd', 200, 98, min(rounds, 5))
    return [
        Figure('from commit to arrival, p99 of 98 listeners', median(one['alone_p99_ms'] for one in found), 'ms'),
        Figure('the same beside a dead and a trickling one', median(one['beside_p99_ms'] for one in found), 'ms'),
        Figure('p99 beside them, times p99 alone', median(one['beside_p99_ms'] / one['alone_p99_ms'] for one in found), '',
               WEBHOOK_CROWD),
    ]


def webhook_backlog(program, rounds):
    """Events that 64 clients record without HTTP, and deliveries to one listener, while none and while a million wait for others."""
    found = webhook_rounds(program, 'waiting', 10_000, 1_000_000, min(rounds, 5))
    figures = []
    for key, title in [('recorded', 'events recorded a second'), ('delivered', 'deliveries a second')]:
        none, million = (median(one[key] for one in found if bool(one['waiting']) == waits) for waits in (False, True))
        figures += [
            Figure(f'{title}, none waits', none, ''),
            Figure(f'{title}, a million deliveries wait', million, ''),
            Figure(f'{title}: a million of none', 100 * million / none, '%', WEBHOOK_BACKLOG_PART, is_least=True),
        ]
    return figures


def ingest(program, rounds):
    """Rounds of a consumer that only acknowledges and of ingest, in turn, on the same notifications."""
    database = f'sqlite:///{program.work}/ingest.db'
    with rabbitmq(program) as url:
        command = [program.ingest, url, str(NOTIFICATIONS), str(rounds)]
        environment = databases.environment(database) | {'OS_INGEST__EXCHANGES': 'cinder,glance'}
        lines = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout.splitlines()
    figures = []
    for kind, title in [('failures', 'each makes a message'), ('mixed', 'one of twenty makes a message')]:
        found = [line for line in map(json.loads, lines) if line['kind'] == kind]
        part = 100 * median(one['rate'] / one['floor'] for one in found)
        figures += [
            Figure(f'notifications a second, {title}', median(one['rate'] for one in found), ''),
            Figure('those that are only acknowledged', median(one['floor'] for one in found), ''),
            Figure('CPU for each', median(one['cpu_us'] for one in found), 'us'),
            Figure('CPU for each that is only acknowledged', median(one['floor_cpu_us'] for one in found), 'us'),
            Figure(f'ingest of acknowledging, {title}', part, '%', INGEST_PART, is_least=True),
        ]
    return figures


def purge(program):
    """`tidings purge` in a process of its own, as cron runs it, on a server that is kept busy."""
    database = program.to_purge()
    clients = 16 if program.kind == 'sqlite' else 2
    with Server(program, database) as server:
        for name, requests in [('lists', cases.list_of(100)), ('posts', cases.post(cases.SINGLE))]:
            load.write_requests(program.work / name, server, requests(server))
        calm, _ = busy(program, server, clients, lambda: time.sleep(10))
        during, done = busy(program, server, clients, lambda: watched_purge(program, server, database))
    report, wal = done
    if report['messages'] != program.messages or report['left']:
        raise SystemExit(f'the purge did not delete what expired: {report}')
    is_embedded = program.kind == 'sqlite'
    figures = [
        Figure(f'purge of a fifth of {5 * program.messages} rows, server busy', report['seconds'], 's', PURGE_SECONDS),
        Figure("writers' p99 meanwhile", during['posts'].p99_ms, 'ms', PURGE_P99_MS),
        Figure("writers' p99 without a purge", calm['posts'].p99_ms, 'ms'),
        Figure("readers' p99 meanwhile", during['lists'].p99_ms, 'ms', None if is_embedded else PURGE_READ_P99_MS),
        Figure("readers' p99 without a purge", calm['lists'].p99_ms, 'ms'),
        Figure('POST per second meanwhile', during['posts'].rate, ''),
        Figure('POST per second without a purge', calm['posts'].rate, ''),
    ]
    return figures + ([Figure('largest WAL file', wal, 'MiB', PURGE_WAL_MB)] if is_embedded else [])


def busy(program, server, count, work):
    """Does something while so many clients list and as many POST, and gives what they saw."""
    clients = {name: load.Wrk(server, program.work / name, count, 600) for name in ('lists', 'posts')}
    time.sleep(1)
    result = work()
    seen = {name: client.stop() for name, client in clients.items()}
    server.empty_log()
    return seen, result


def watched_purge(program, server, database):
    wal, largest = pathlib.Path(f'{database.removeprefix("sqlite:///")}-wal'), 0
    command = program.command('purge', '--output', 'json')
    from_here = {'env': server.environment, 'cwd': program.work}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **from_here) as process:
        while process.poll() is None:
            largest = max(largest, wal.stat().st_size if wal.exists() else 0)
            time.sleep(0.05)
        return json.loads(process.stdout.read()), largest / 2**20
