"""Servers that follow Cinder's own messages and consume its notifications: users read each failure once, two seconds later."""

import json
import os
import statistics
import subprocess
import threading

import pytest

import document
import failures
import services
from conftest import PROJECT

BROKER = services.HERE.parent / 'services' / 'rabbitmq.sh'
#: How long after Cinder has written a message its owner may have to wait, in seconds.
SOON = 2.0


@pytest.fixture(scope='module')
def bus():
    """The documented configuration of ingest."""
    return document.block('docs/adopting.md', 'bus', [('rabbit://tidings:secret@mq.example.org:5672/', os.environ['BROKER_URL'])])


@pytest.fixture(scope='module')
def followers(cinder, databases, tidings, bus):
    """Two servers that share a database; they follow and consume."""
    databases.run(*statements(databases.server.drivername), database='cinder')
    _, database = databases.make('tidings')
    reader = databases.admin.set(username='tidings_reader', password='secret', database='cinder').render_as_string(hide_password=False)
    follow = document.block('docs/adopting.md', 'follow', [('mysql+pymysql://tidings_reader:secret@db.example.org/cinder', reader)])
    return [tidings(name, database, follow, bus) for name in ('one', 'two')]


@pytest.fixture(scope='module')
def consumer(cinder, folder, tidings, bus):
    """A server that only consumes, from a queue of its own."""
    return tidings('consumer', f'sqlite:///{folder}/consumer.db', bus, 'pool = consumer')


def statements(kind):
    """The documented statements that make the read-only account."""
    if kind == 'mysql':
        text = document.block('docs/adopting.md', 'reader-mariadb')
    else:
        text = document.block('docs/adopting.md', 'reader-postgresql')
    return [statement for statement in text.split(';') if statement.strip()]


def test_each_failure_is_there_once_and_soon(cinder, tenant, token, followers, consumer):
    one, _ = followers
    lags, requests = {}, {}
    # The server's first look at a token is slow: it logs in.
    one.told(PROJECT, token)
    for what, resource, request in tenant.fail():
        wanted = sorted((code, resource, request) for code in failures.MADE[what])
        services.until(f'Cinder tells: {what}', lambda: of(request, cinder.told()) == wanted)
        requests[what] = request
        lags[what] = services.took(what, lambda: of(request, one.told(PROJECT, token)) == wanted)
    print('seconds until each was there:', {what: round(lag, 2) for what, lag in lags.items()})
    # One alone may have met a moment in which this machine did something else.
    assert statistics.median(lags.values()) < SOON, lags
    settle(cinder, token, one)
    told = {requests[what] for what in failures.ON_THE_BUS}
    services.until('the bus tells of three', lambda: {one[2] for one in consumer.told(PROJECT, token)} == told)
    shown = one.messages(PROJECT, token, **{'Accept-Language': 'zh-CN'})
    assert failures.SECRET not in str(shown)


def test_the_documented_commands_show_a_failure(cinder, token, followers):
    environment = os.environ | {'TOKEN': token, 'PROJECT': PROJECT}

    def run(script):
        return subprocess.run(['bash', '-ec', script], env=environment, check=True, stdout=subprocess.PIPE, text=True, timeout=60).stdout

    fail = document.block('docs/adopting.md', 'fail', [('https://cloud.example.org:8776', cinder.url)])
    read = document.block('docs/adopting.md', 'read', [('https://tidings.example.org', followers[0].url)])
    volume = json.loads(run(fail))['volume']['id']
    shown = services.until('a message', lambda: [one for one in json.loads(run(read))['messages'] if one['resource_uuid'] == volume])
    assert '卷' in shown[0]['user_message']


def test_nothing_is_lost_or_doubled_when_either_side_is_killed(cinder, tenant, token, followers):
    kill_both_sides(cinder, tenant, followers)
    tenant.volume(size=failures.CAPACITY + 1, wanted='error')
    settle(cinder, token, followers[0])


def test_the_documented_index_can_be_added(databases):
    databases.make('manila')
    databases.run('CREATE TABLE messages (id VARCHAR(36) PRIMARY KEY, expires_at TIMESTAMP)',
                  document.block('docs/follow.md', 'index'), database='manila')


def settle(cinder, token, server):
    """Waits until every message is there, and checks that none is doubled once all notifications have been consumed."""
    services.until('all are there', lambda: server.told(PROJECT, token) == cinder.told())
    services.until('the bus is empty', lambda: unconsumed() == 0)
    # Cinder may still have orders of before; a double stays.
    services.until('none is doubled', lambda: server.told(PROJECT, token) == cinder.told())


def unconsumed():
    """Returns how many notifications wait for Tidings, or are being consumed."""
    vhost = os.environ['BROKER_URL'].rsplit('/', 1)[1]
    queues = subprocess.run([BROKER, 'ctl', os.environ['BROKER_FOLDER'], 'list_queues', '-p', vhost, '--silent', 'name', 'messages'],
                            check=True, stdout=subprocess.PIPE, text=True, timeout=services.PATIENCE).stdout
    return int(dict(line.split() for line in queues.splitlines() if line.startswith('tidings'))['tidings'])


def of(request, told):
    return [one for one in told if one[2] == request]


def kill_both_sides(cinder, tenant, followers):
    """Kills servers and Cinder's services, one after the other, while snapshots fail."""
    snapshot = {'name': 'fails create_snapshot', 'volume_id': tenant.volume()[0], 'force': True}
    is_over = threading.Event()

    def work():
        while not is_over.is_set():
            tenant.call('POST', '/snapshots', {'snapshot': snapshot})

    worker = threading.Thread(target=work)
    worker.start()

    def more():
        wanted = len(cinder.told()) + 5
        services.until('snapshots fail', lambda: len(cinder.told()) >= wanted)

    try:
        for victim in (followers[0].process, followers[1].process, cinder.services['volume'], cinder.services['scheduler']):
            more()
            victim.kill()
            victim.start()
        more()
    finally:
        is_over.set()
        worker.join()
