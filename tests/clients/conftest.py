"""Shared by the client tests. They expect a noauth server at $TIDINGS_URL; tests/steps/60-clients starts one.

Every test has its own project, so tests do not see each other's messages. Messages are recorded over HTTP with the role
`service`, as by a backend service.
"""

import json
import os
import urllib.request
import uuid

import pytest

NO_STORAGE = 'No storage could be allocated for this volume request.'


@pytest.fixture(scope='session')
def url():
    return os.environ['TIDINGS_URL']


@pytest.fixture
def project():
    return uuid.uuid4().hex


@pytest.fixture
def record(url, project):
    """Records a message, or a list of them at once, in the test's project and returns the server's answer."""

    def post(body):
        request = urllib.request.Request(
            f'{url}/v3/{project}/messages',
            data=json.dumps(body).encode(),
            headers={'Content-Type': 'application/json', 'X-Auth-Token': f'backend:{project}:service'},
        )
        with urllib.request.urlopen(request, timeout=30) as response:
            assert response.status == 201
            return json.load(response)

    def one(event_id, **fields):
        return post({'message': {'event_id': event_id, **fields}})['message']

    one.batch = lambda messages: post({'messages': messages})['messages']
    return one


@pytest.fixture
def three(record):
    """Three messages, oldest first, that differ in every field with a filter."""
    return [
        record('VOLUME_000002', resource_type='VOLUME', resource_uuid=str(uuid.uuid4())),
        record('VOLUME_000003', resource_type='VOLUME', resource_uuid=str(uuid.uuid4()), message_level='WARNING'),
        record('VOLUME_VOLUME_SNAPSHOT_009_006', resource_type='VOLUME_SNAPSHOT', resource_uuid=str(uuid.uuid4())),
    ]


def ids(rows, key='id'):
    return [row[key] for row in rows]
