"""The cases: their requests, their baselines in the same run, and their targets."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field

# A typical request of a service: a composed code, the resource and the service's own request id.
MESSAGE = {
    'action': 'ATTACH_VOLUME',
    'detail': 'DRIVER_NOT_INITIALIZED',
    'resource_type': 'VOLUME',
    'resource_uuid': '7c0b1be5-5d1c-4e5a-9f6e-0d5f2f9d3a11',
    'request_id': 'req-2f6b6c0e-8f0b-4c52-b2a8-3d1f0c6f7b42',
}
SINGLE = json.dumps({'message': MESSAGE})
BATCH = json.dumps({'messages': [MESSAGE] * 100})


@dataclass
class Case:
    """A load of its own. `requests` gives them for a server, one of each project mostly, as (method, path, token, body);
    `marks` are the targets as parts of the baseline's rate, by database; `accept` is the client's header."""

    name: str
    title: str
    clients: int
    requests: Callable
    marks: dict = field(default_factory=dict)
    writes: bool = False
    messages: int = 1
    accept: str = '*/*'

    def both(self, server):
        """Returns the case's requests and its baseline's: the same token and body, an answer of the same size."""
        requests = self.requests(server)
        method, path, token, body = requests[0]
        size = len(server.ask(method, path, token, body, self.accept))
        floor = [(method, f'/v3/{project_of(path)}/floor/{size}', token, body) for method, path, token, body in requests]
        return requests, floor


def project_of(path):
    return path.split('/')[2]


def list_of(limit, role='member'):
    def requests(server):
        return [('GET', f'/v3/{project}/messages?limit={limit}', f'bench:{project}:{role}', None)
                for project in server.projects]
    return requests


def page(server):
    # A request with a token gets no page.
    return [('GET', f'/v3/{project}/messages', None, None) for project in server.projects]


def show(server):
    requests = []
    for project in server.projects:
        token = f'bench:{project}:member'
        newest = json.loads(server.ask('GET', f'/v3/{project}/messages?limit=1', token))['messages'][0]
        requests.append(('GET', f'/v3/{project}/messages/{newest["id"]}', token, None))
    return requests


def post(body):
    def requests(server):
        return [('POST', f'/v3/{project}/messages', f'bench:{project}:service', body) for project in server.projects]
    return requests


CASES = [
    Case('list-1', 'list of 1', 16, list_of(1), marks={'sqlite': 0.50, 'postgresql': 0.13}),
    Case('list-100', 'list of 100', 16, list_of(100), marks={'sqlite': 0.25, 'postgresql': 0.09}),
    Case('list-1000', 'list of 1000', 16, list_of(1000), marks={'sqlite': 0.20, 'postgresql': 0.05}),
    Case('list-all', "admin's list of 100 over all projects", 16, list_of(100, 'admin')),
    Case('show', 'show', 16, show),
    Case('page', 'page of 50 in a browser', 16, page, marks={'sqlite': 0.10}, accept='text/html'),
    Case('post-1', 'POST', 1, post(SINGLE), writes=True),
    Case('post-64', 'POST', 64, post(SINGLE), marks={'sqlite': 0.25}, writes=True),
    Case('post-batch', 'POST of 100 messages', 8, post(BATCH), writes=True, messages=100),
]

# Measurements without a baseline, and their descriptions.
OTHERS = {
    'start': 'time until the first answer',
    'memory': 'resident memory after 10 000 lists of 100',
    'access-log': 'what the access log costs a list of 1',
    'purge': '1 of 5 million rows deleted while 16 clients list and 16 POST; 2 and 2 with a database server',
    'events': 'events through the API and the outbox to a real RabbitMQ, against a bare publisher; for SQLite',
    'webhooks': 'deliveries to webhooks, against a bare client, beside listeners that fail, and beside a million that wait',
    'failures-post-64': 'reports of failures from 64 clients, against messages from as many',
    'failures-list-1000': 'list of 1000 failure notifications, against a static body of the same size',
    'failures-window': 'reports of failures while 100 000 may have duplicates, against none',
    'overview': "the operators' view of all messages, recorded in the last twelve days",
    'ingest': 'notifications through a real RabbitMQ, against a consumer that only acknowledges; for SQLite',
    'inserts': 'what the store takes from 64 clients without HTTP, against the commits of the database; not for SQLite',
}
