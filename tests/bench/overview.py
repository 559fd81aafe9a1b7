"""The measurement of the operators' view: its page, and the summaries for programs."""

import datetime
import json
import time

import databases
import load
import rows
from measure import Figure, median
from server import Server

# Of the page and of each summary, in the mean, one at a time.
PAGE_MS = 100

# How long ago the first message was: hours are counted for 15 days.
AGE = datetime.timedelta(days=12)

TOKEN = 'bench:p1:admin'
HTML = 'text/html'


def counted(program):
    """The URL of a database whose messages are spread over the last days and all counted. Yesterday's is of no use."""
    now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
    step = AGE / program.messages
    lines = rows.lines(program.messages, projects=len(program.projects), start=now - AGE, step=step)

    def fill(url):
        databases.load_messages(program, url, lines)
        with Server(program, url) as server:
            while summary(server, 'by=level&since=' + (now - AGE).date().isoformat())['recorded'] < program.messages:
                time.sleep(1)

    return program.filled(f'counted-{program.messages}-{now.date()}', fill)


def summary(server, query):
    return json.loads(server.ask('GET', f'/v3/messages/-/summary?{query}', TOKEN))['summary']


def measure(program, rounds, seconds):
    """The times of the views that an operator opens, in turn."""
    with Server(program, counted(program)) as server:
        week = (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=7)).date()
        busiest = summary(server, f'by=project&since={week}&limit=1')['entries'][0]['project_id']
        views = {
            'two days': ('/v3/messages', None, HTML),
            'a week': ('/v3/messages?hours=168', None, HTML),
            'a week of a project': (f'/v3/messages?hours=168&project={busiest}', None, HTML),
            'summary of a week by project': (f'/v3/messages/-/summary?by=project&since={week}', TOKEN, '*/*'),
            'summary of a week by code': (f'/v3/messages/-/summary?by=code&since={week}', TOKEN, '*/*'),
        }
        times = {name: [] for name in views}
        for number, (path, token, accept) in enumerate(views.values()):
            load.write_requests(program.work / f'view-{number}', server, [('GET', path, token, None)], accept)
        for _ in range(rounds):
            for number, name in enumerate(views):
                times[name].append(load.measure(server, program.work / f'view-{number}', 1, seconds).p50_ms)
    return [Figure(f"operators' view: {name}, {program.messages} messages", median(found), 'ms', PAGE_MS)
            for name, found in times.items()]
