"""`tidings notification import` from Masakari's own database: its migrations make it, its models fill it.

They expect the program at $TIDINGS, and the URLs of database servers in $MASAKARI_SERVERS; tests/steps/52-masakari starts those.
"""

import datetime
import json
import os
import subprocess
import urllib.request
import uuid

import pytest
import sqlalchemy
from masakari.db.sqlalchemy import models
from sqlalchemy import orm

from test_engine import answers, free_port, until

# The driver for each kind of server, and how the statement that creates a database ends.
DRIVERS = {'mysql': ('mysql+pymysql', 'CHARACTER SET utf8mb4'), 'postgresql': ('postgresql+psycopg2', '')}
BEGIN = datetime.datetime(2026, 11, 20, 10, 0, 0)
TABLES = [models.FailoverSegment, models.Host, models.Notification, models.VMove]
# More than are read at a time.
MANY = 510


@pytest.fixture(params=os.environ['MASAKARI_SERVERS'].split(), ids=lambda url: url.split(':')[0])
def masakari(request, tmp_path):
    """A database of Masakari, filled: its URL, its configuration file, and its rows."""
    driver, form = DRIVERS[request.param.split(':')[0]]
    server = sqlalchemy.engine.make_url(request.param).set(drivername=driver)
    with sqlalchemy.create_engine(server, isolation_level='AUTOCOMMIT').connect() as connection:
        connection.execute(sqlalchemy.text(f'CREATE DATABASE masakari {form}'))
    url = server.set(database='masakari').render_as_string(hide_password=False)
    config = tmp_path / 'masakari.conf'
    config.write_text(f'[database]\nconnection = {url}\n[taskflow]\nconnection = {url}\n', encoding='utf-8')
    subprocess.run(['masakari-manage', '--config-file', str(config), 'db', 'sync'], check=True, timeout=120)
    engine = sqlalchemy.create_engine(url)
    with orm.Session(engine) as session:
        session.add_all(rows())
        session.commit()
    # As the database has kept them.
    with orm.Session(engine) as session:
        kept = {model: session.scalars(sqlalchemy.select(model).where(model.deleted == 0)).all() for model in TABLES}
    return url, config, kept


def rows():
    """Rows of every kind, with gaps between their numbers."""
    segments = [
        models.FailoverSegment(id=7, uuid=name_of(1), name='rack-1', service_type='COMPUTE', recovery_method='auto'),
        models.FailoverSegment(id=9, uuid=name_of(2), name='机架 2 🚒', service_type='COMPUTE', recovery_method='rh_priority',
                               enabled=False, description='"third" row\nby the door: %s \\ ' + 'ü' * 20000, updated_at=at(5)),
        models.FailoverSegment(id=12, uuid=name_of(3), name='x' * 255, service_type='other', recovery_method='reserved_host',
                               enabled=None),
        models.FailoverSegment(id=13, uuid=name_of(4), name='rack-1', service_type='COMPUTE', recovery_method='auto', deleted=13),
    ]
    hosts = [
        models.Host(id=4, uuid=name_of(11), name='compute1', type='COMPUTE', control_attributes='SSH', on_maintenance=True,
                    failover_segment_id=name_of(1), updated_at=at(9)),
        models.Host(id=40, uuid=name_of(12), name='compute2.example.org', type='KVM', control_attributes='ipmi: "10.0.0.1"\n✓',
                    reserved=True, failover_segment_id=name_of(2)),
        models.Host(id=41, uuid=name_of(13), name='compute3', type='COMPUTE', control_attributes='', reserved=None,
                    on_maintenance=None, failover_segment_id=name_of(1)),
        models.Host(id=42, uuid=name_of(14), name='compute1', type='COMPUTE', control_attributes='SSH', deleted=42,
                    failover_segment_id=name_of(4)),
    ]
    final = ['failed', 'ignored', 'finished']
    # Open ones of other types would put their hosts under maintenance.
    kinds = [
        ('PROCESS', {'event': 'STOPPED', 'process_name': 'nova-compute "ü" \\ 🚒'}, final),
        ('COMPUTE_HOST', {'event': 'STOPPED', 'host_status': 'NORMAL', 'cluster_status': 'OFFLINE'}, final),
        ('VM', {'event': 'LIFECYCLE', 'vir_domain_event': 'STOPPED_FAILED', 'instance_uuid': name_of(99)},
         ['new', 'running', 'error', *final]),
    ]
    notifications = []
    for number in range(MANY):
        (kind, payload, statuses), host = kinds[number % 3], hosts[number % 2]
        notifications.append(models.Notification(
            id=3 * number + 1, notification_uuid=name_of(1000 + number), generated_time=at(number).replace(microsecond=123456),
            type=kind, payload=json.dumps(payload), status=statuses[number // 3 % len(statuses)], source_host_uuid=host.uuid,
            failover_segment_uuid=None if number % 5 == 0 else host.failover_segment_id, created_at=at(number + 1),
            updated_at=None if number % 7 == 0 else at(number + 2), message=None if number % 4 else 'line 1\nline "2" 🚒'))
    notifications.append(models.Notification(
        id=9000, notification_uuid=name_of(9000), generated_time=at(0), type='VM', payload='{}', status='new',
        source_host_uuid=name_of(14), deleted=9000))
    moves = [models.VMove(
        id=5 + number, uuid=name_of(20000 + number), notification_uuid=notifications[1].notification_uuid,
        instance_uuid=name_of(30000 + number), instance_name=f'vm "{number}" ü', type='evacuation', status=status,
        source_host='compute3', dest_host=None if status == 'pending' else 'compute2.example.org',
        start_time=None if status == 'pending' else at(3), end_time=at(4) if status in ('succeeded', 'failed') else None,
        message='no room 🚒' if status == 'failed' else None, updated_at=at(6))
        for number, status in enumerate(['pending', 'ongoing', 'ignored', 'failed', 'succeeded'])]
    return [*segments, *hosts, *notifications, *moves]


def name_of(number):
    return str(uuid.UUID(int=0x3a5ce65b8df54e299d4d000000000000 + number))


def at(minute):
    return BEGIN + datetime.timedelta(minutes=minute)


def shown(value):
    """A value as the API shows it."""
    return value.isoformat(timespec='microseconds') if isinstance(value, datetime.datetime) else value


def expected(row):
    """A row as the API shows it, after the import."""
    fields = {column.key: shown(getattr(row, column.key)) for column in sqlalchemy.inspect(type(row)).columns}
    del fields['deleted_at'], fields['deleted']
    # Masakari's defaults.
    for flag, default in (('enabled', True), ('reserved', False), ('on_maintenance', False)):
        if flag in fields and fields[flag] is None:
            fields[flag] = default
    if 'payload' in fields:
        fields['payload'] = json.loads(fields['payload'])
    return fields


class Server:
    """A server on the imported database, without an engine."""

    def __init__(self, tidings, environment, folder):
        self.url = f'http://127.0.0.1:{free_port()}'
        self.process = subprocess.Popen([tidings, 'serve', '--bind', self.url[7:], '--config-file', 'tidings.conf'],
                                        env=environment, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until('the server answers', lambda: answers(self.url))

    def get(self, path):
        headers = {'OpenStack-API-Version': 'instance-ha 1.3'}
        with urllib.request.urlopen(urllib.request.Request(self.url + path, headers=headers), timeout=30) as answer:
            return json.loads(answer.read())

    def every(self, path):
        return self.get(f'{path}?limit=1000')[path.rpartition('/')[2]]


def test_every_row_is_imported_once_with_all_its_fields(masakari, tmp_path):
    url, config, kept = masakari
    (tmp_path / 'tidings.conf').touch()
    environment = {**os.environ, 'OS_DATABASE__CONNECTION': f'sqlite:///{tmp_path}/tidings.db'}

    def tidings(*words):
        done = subprocess.run([os.environ['TIDINGS'], *words, '--config-file', 'tidings.conf'], env=environment, cwd=tmp_path,
                              capture_output=True, text=True, timeout=120, check=False)
        assert (done.returncode, done.stderr) == (0, ''), done
        return done.stdout

    counts = [len(rows) for rows in kept.values()]
    names = [model.__tablename__ for model in kept]
    tidings('db', 'migrate')
    first = tidings('notification', 'import', '--from-masakari', url)
    assert first.splitlines() == [f'{name}: imported {count}, 0 already present' for name, count in zip(names, counts)]
    again = tidings('notification', 'import', '--from-masakari', str(config))
    assert again.splitlines() == [f'{name}: imported 0, {count} already present' for name, count in zip(names, counts)]

    # Before a server works on them.
    listed = json.loads(tidings('notification', 'list', '--limit', '10000', '--output', 'json'))
    assert {row['id']: row['status'] for row in listed} == {row.id: row.status for row in kept[models.Notification]}

    server = Server(os.environ['TIDINGS'], environment, tmp_path)
    try:
        compare(server, kept)
    finally:
        server.process.terminate()
    assert server.process.wait(timeout=60) == 0


def compare(server, kept):
    assert by_id(server.every('/v1/segments')) == by_id(map(expected, kept[models.FailoverSegment]))
    hosts = [host for segment in kept[models.FailoverSegment] for host in server.every(f'/v1/segments/{segment.uuid}/hosts')]
    for host in hosts:
        assert host.pop('failover_segment')['uuid'] == host['failover_segment_id']
    assert by_id(hosts) == by_id(map(expected, kept[models.Host]))

    found, wanted = by_id(server.every('/v1/notifications')), by_id(map(expected, kept[models.Notification]))
    for number, row in wanted.items():
        # The server goes on with what Masakari had not finished.
        if row['status'] in ('new', 'running', 'error'):
            for name in ('status', 'message', 'updated_at'):
                del row[name], found[number][name]
    assert found == wanted
    moves = server.every(f'/v1/notifications/{kept[models.VMove][0].notification_uuid}/vmoves')
    assert by_id(moves) == by_id(map(expected, kept[models.VMove]))


def by_id(rows):
    return {row['id']: {name: value for name, value in row.items() if name not in ('deleted', 'deleted_at')} for row in rows}
