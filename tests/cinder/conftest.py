"""A real Cinder and its users. tests/steps/*-cinder starts what it needs: a Keystone ($KEYSTONE_URL) with the users of
tests/keystone, a database server ($DATABASE_URL) and a broker
($BROKER_URL, and its folder, $BROKER_FOLDER).
"""

import os
import pathlib
import signal

import pytest
import sqlalchemy

import cloud as keystone_cloud
import document
import failures
import images
import services

# The services end with the tests, interrupted ones as well.
signal.signal(signal.SIGTERM, lambda *_: pytest.exit('interrupted'))

KEYSTONE = os.environ['KEYSTONE_URL']
PROJECT = keystone_cloud.PROJECT


class Databases:
    """Makes databases on the server."""

    def __init__(self):
        self.server = sqlalchemy.engine.make_url(os.environ['DATABASE_URL'])
        self.admin = self.server.set(drivername=services.DRIVERS[self.server.drivername])

    def run(self, *statements, database=None):
        url = self.admin.set(database=database) if database else self.admin
        with sqlalchemy.create_engine(url, isolation_level='AUTOCOMMIT').connect() as connection:
            for statement in statements:
                connection.execute(sqlalchemy.text(statement))

    def make(self, name):
        """Makes a database; returns its URL for SQLAlchemy and for Tidings."""
        self.run(f'CREATE DATABASE {name}')
        return [url.set(database=name).render_as_string(hide_password=False) for url in (self.admin, self.server)]


@pytest.fixture(scope='session')
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp('cloud')


@pytest.fixture(scope='session')
def databases():
    return Databases()


@pytest.fixture(scope='session')
def cinder(folder, databases):
    """Cinder with all of its services."""
    url, _ = databases.make('cinder')
    store = images.Images()
    cinder = services.Cinder(folder, url, os.environ['BROKER_URL'], KEYSTONE, store.url)
    cinder.start()
    yield cinder
    cinder.stop()
    store.stop()


@pytest.fixture(scope='session')
def token():
    """That of the user whose operations fail."""
    return keystone_cloud.Cloud(KEYSTONE, 'alice', 'demo').token


@pytest.fixture(scope='session')
def tenant(cinder, token):
    return failures.Tenant(cinder.url, PROJECT, token, cinder.away)


@pytest.fixture(scope='module')
def tidings(folder):
    """Starts servers as docs/adopting.md says: on a database, and with more blocks of the document."""
    started = []

    def start(name, database, *blocks):
        text = document.block('docs/adopting.md', 'tidings.conf', [
            ('mysql://tidings:secret@db.example.org/tidings', database), ('https://keystone.example.org:5000', KEYSTONE)])
        server = services.Tidings(folder, name, '\n'.join([text, *blocks]))
        server.start()
        started.append(server)
        return server

    yield start
    for server in started:
        server.process.end()


def pytest_runtest_logreport(report):
    """Shows the ends of the logs when a test fails."""
    if report.failed:
        for log in sorted(pathlib.Path(os.environ['WORK']).rglob('*.log')):
            lines = [line for line in log.read_text(encoding='utf-8', errors='replace').splitlines() if 'ERROR' in line or 'WARN' in line]
            print(f'--- {log.name}', *lines[-15:], sep='\n')
