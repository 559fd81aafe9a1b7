"""A server that follows the messages that Manila itself writes: its own migrations made the table, and its own message API writes the
rows and deletes them, as its services do.

Run by tests/steps/*-manila, which sets TIDINGS, WORK and DATABASE_URL, a MariaDB or PostgreSQL server.
"""

import os
import pathlib
import subprocess

import document
import pytest
import services
import sqlalchemy
from manila.common import config  # noqa: F401  It registers Manila's options.
from manila.context import RequestContext
from manila.message import api, message_field
from oslo_config import cfg

PROJECT = '83beacc4745b4328a3a8fd59a8d0c38b'
TOKEN = f'alice:{PROJECT}:member'
#: How long after Manila has written a message its owner may have to wait, in seconds.
SOON = 2.0
#: The user's requests.
CONTEXT = RequestContext('alice', PROJECT, is_admin=True)


@pytest.fixture(scope='module')
def folder():
    return pathlib.Path(os.environ['WORK'])


@pytest.fixture(scope='module')
def manila(folder):
    """Manila's message API on a database of its own. Returns it with the database's URL."""
    server = sqlalchemy.engine.make_url(os.environ['DATABASE_URL'])
    server = server.set(drivername=services.DRIVERS[server.drivername])
    with sqlalchemy.create_engine(server, isolation_level='AUTOCOMMIT').connect() as connection:
        connection.execute(sqlalchemy.text('CREATE DATABASE manila'))
    url = server.set(database='manila').render_as_string(hide_password=False)
    conf = folder / 'manila.conf'
    conf.write_text(f'[DEFAULT]\nstate_path = {folder}\n[database]\nconnection = {url}\n', encoding='utf-8')
    subprocess.run(['manila-manage', '--config-file', conf, 'db', 'sync'], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, timeout=services.PATIENCE)
    with sqlalchemy.create_engine(url, isolation_level='AUTOCOMMIT').connect() as connection:
        connection.execute(sqlalchemy.text(document.block('docs/follow.md', 'index').rstrip().rstrip(';')))
    cfg.CONF(['--config-file', str(conf)], project='manila')
    return api.API(), url


@pytest.fixture(scope='module')
def tidings(folder, manila):
    follow = f'[database]\nconnection = sqlite:///{folder}/follower.db\n[follow]\nmanila = {manila[1]}\n'
    server = services.Tidings(folder, 'follower', follow)
    server.start()
    yield server
    server.process.end()


def shown(tidings):
    """Returns the texts of the project's messages by their ids, in English."""
    return {one['id']: one['user_message'] for one in tidings.messages(PROJECT, TOKEN)}


def ids(messages):
    """Returns the ids of the messages that Manila shows its user."""
    return {row['id'] for row in messages.get_all(CONTEXT, sort_key='created_at', sort_dir='desc')}


def test_what_manila_writes_is_read_at_once_and_once(manila, tidings):
    messages, _ = manila
    lags = []
    for detail in (message_field.Detail.NO_VALID_HOST, message_field.Detail.FILTER_CAPACITY, message_field.Detail.UNEXPECTED_NETWORK):
        before = set(shown(tidings))
        messages.create(CONTEXT, message_field.Action.ALLOCATE_HOST, PROJECT, resource_type=message_field.Resource.SHARE,
                        resource_id='44444444-0000-4000-8000-000000000001', detail=detail)
        wanted = ids(messages)
        assert len(wanted) == len(before) + 1
        lags.append(services.took('the message is there', lambda wanted=wanted: set(shown(tidings)) == wanted))
    print('seconds until each was there:', [round(lag, 2) for lag in lags])
    # One alone may have met a moment in which this machine did something else.
    assert sorted(lags)[1] < SOON, lags
    assert all(shown(tidings).values())


def test_the_users_deletion_is_followed(manila, tidings):
    messages, _ = manila
    gone = min(ids(messages))
    # As the API does for a user.
    messages.delete(CONTEXT, messages.get(CONTEXT, gone))
    left = ids(messages)
    assert gone not in left
    services.until('the deletion is followed', lambda: set(shown(tidings)) == left)


def test_rows_that_manila_reaps_stay(manila, tidings):
    """A row that is merely absent deletes nothing."""
    messages, url = manila
    before = set(shown(tidings))
    with sqlalchemy.create_engine(url, isolation_level='AUTOCOMMIT').connect() as connection:
        connection.execute(sqlalchemy.text('UPDATE messages SET expires_at = created_at'))
    messages.cleanup_expired_messages(CONTEXT)
    assert ids(messages) == set()
    # A later row shows that the server has looked since.
    messages.create(CONTEXT, message_field.Action.ALLOCATE_HOST, PROJECT, resource_type=message_field.Resource.SHARE,
                    resource_id='44444444-0000-4000-8000-000000000002', detail=message_field.Detail.NO_VALID_HOST)
    wanted = before | ids(messages)
    services.until('the later one is there', lambda: set(shown(tidings)) == wanted)
