"""The measurements of failure notifications: what monitors report, and what operators list."""

import json
import time

import cases
import load
from measure import Figure, Round, median
from server import Server

# As a percentage of POSTs of messages, and of the static baseline.
POST_PART = 50
LIST_PART = 20

# How many times the time of an empty window a POST may take with a full one.
WINDOW_COST = 1.1

HOSTS = 100
CLIENTS = 64

# In the future: whenever a kept database was made, all its reports are within the interval.
GENERATED = '2100-01-01T00:00:00'

# Beyond the longest interval, so that those reports cannot be duplicates.
LATER = '2100-02-01T00:00:00'

# wrk.lua replaces it in each request.
ANY_INSTANCE = 'ffffffff-ffff-4fff-8fff-ffffffffffff'

TOKEN = 'bench:p1:admin'


def report(number, event='STOPPED_FAILED', generated=GENERATED):
    """A request that reports the failure of another instance each time, as (method, path, token, body)."""
    payload = {'event': 'LIFECYCLE', 'vir_domain_event': event, 'instance_uuid': ANY_INSTANCE}
    notification = {'type': 'VM', 'hostname': f'host{number}', 'generated_time': generated, 'payload': payload}
    return 'POST', '/v1/notifications', TOKEN, json.dumps({'notification': notification})


def reports(event='STOPPED_FAILED', generated=GENERATED):
    return [report(number, event, generated) for number in range(HOSTS)]


def add_hosts(server):
    """Adds the hosts that reports are about."""
    segment = {'name': 'bench', 'recovery_method': 'auto', 'service_type': 'COMPUTE'}
    answer = server.ask('POST', '/v1/segments', TOKEN, json.dumps({'segment': segment}))
    path = f'/v1/segments/{json.loads(answer)["segment"]["uuid"]}/hosts'
    for number in range(HOSTS):
        host = {'name': f'host{number}', 'type': 'COMPUTE', 'control_attributes': 'SSH'}
        server.ask('POST', path, TOKEN, json.dumps({'host': host}))


def hosts_alone(program):
    """The URL of a database with hosts and without reports."""
    def fill(url):
        with Server(program, url) as server:
            add_hosts(server)

    return program.filled('hosts', fill)


def in_window(program):
    """How many reports may have duplicates: a tenth of the messages, which is 100 000 unless it is an experiment."""
    return program.messages // 10


def hosts_with_reports(program):
    """That of one with as many reports as the window has, all of which were judged."""
    def fill(url):
        with Server(program, url) as server:
            add_hosts(server)
            path, made = program.work / 'window', 0
            # These need no recovery.
            load.write_requests(path, server, reports('STARTED_BOOTED'))
            while made < in_window(program):
                made += load.measure(server, path, CLIENTS, 1).requests
            while json.loads(server.ask('GET', '/v1/notifications?status=new&limit=1', TOKEN))['notifications']:
                time.sleep(1)

    return program.filled(f'window-{in_window(program)}', fill)


def posts(program, rounds, seconds):
    """Rounds of messages and of reports from as many clients, in turn, on the same server."""
    with Server(program, hosts_alone(program)) as server:
        messages, failures = program.work / 'messages', program.work / 'failures'
        load.write_requests(messages, server, cases.post(cases.SINGLE)(server))
        load.write_requests(failures, server, reports())
        found = [Round(load.measure(server, messages, CLIENTS, seconds), load.measure(server, failures, CLIENTS, seconds))
                 for _ in range(rounds)]
    part = 100 * median(one.case.rate / one.floor.rate for one in found)
    return [
        *both(found, f'reports of failures a second, {CLIENTS} clients', 'messages a second, as many clients'),
        Figure('p99 of reports', median(one.case.p99_ms for one in found), 'ms'),
        Figure('reports of failures, of messages', part, '%', POST_PART, is_least=True),
    ]


def lists(program, rounds, seconds):
    """Rounds of a static body and of a list of 1000 of the same size, in turn."""
    with Server(program, hosts_alone(program)) as server:
        for number in range(1000):
            method, path, token, body = report(number % HOSTS)
            server.ask(method, path, token, body.replace(ANY_INSTANCE, f'{number:08x}-5d1c-4e5a-9f6e-0d5f2f9d3a11'))
        listing = ('GET', '/v1/notifications?limit=1000', TOKEN, None)
        answer = server.ask(*listing)
        assert len(json.loads(answer)['notifications']) == 1000
        static = ('GET', f'/v3/p1/floor/{len(answer)}', TOKEN, None)
        paths = [program.work / 'static', program.work / 'list']
        for path, request in zip(paths, [static, listing], strict=True):
            load.write_requests(path, server, [request])
        found = [Round(*(load.measure(server, path, 16, seconds) for path in paths)) for _ in range(rounds)]
    part = 100 * median(one.case.rate / one.floor.rate for one in found)
    return [
        *both(found, 'lists of 1000 failure notifications a second', 'static bodies of the same size a second'),
        Figure('lists of 1000, of the static baseline', part, '%', LIST_PART, is_least=True),
    ]


def window(program, rounds, seconds):
    """Rounds of reports while all those in the database may have duplicates, and while none may, in turn; each on a fresh copy.
    Beside them, reports on a database without any, whose indexes are smaller: that shows what the rows cost as such."""
    found, alone = [], []
    for _ in range(rounds):
        full = filling(program, seconds, hosts_with_reports, GENERATED)
        found.append(Round(full, filling(program, seconds, hosts_with_reports, LATER)))
        alone.append(filling(program, seconds, hosts_alone, GENERATED))
    rows = in_window(program)
    return [
        *both(found, f'reports of failures a second, {rows} in the window', f'the same with none of the {rows} in the window'),
        Figure('the same without other reports', median(one.rate for one in alone), ''),
        Figure('time of a report, times that with none in the window',
               median(one.floor.rate / one.case.rate for one in found), '', WINDOW_COST),
    ]


def filling(program, seconds, make, generated):
    """Reports of this time on a fresh copy of a database."""
    # The longest interval, which has all reports of the same time.
    with Server(program, make(program), {'OS_RECOVERY__DUPLICATE_INTERVAL': '86400'}) as server:
        path = program.work / 'reports'
        load.write_requests(path, server, reports(generated=generated))
        return load.measure(server, path, CLIENTS, seconds)


def both(found, case, floor):
    """The rates and the processor times of a case and its baseline."""
    sides = [(case, [one.case for one in found]), (floor, [one.floor for one in found])]
    return [figure for what, side in sides for figure in (
        Figure(what, median(one.rate for one in side), ''),
        Figure(f'CPU for each: {what}', median(one.cpu_micros for one in side), 'us'),
    )]
