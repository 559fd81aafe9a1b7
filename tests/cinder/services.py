"""Processes of a cloud: Cinder's services and Tidings' servers, each of which can be killed and started again."""

import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import sqlalchemy

HERE = pathlib.Path(__file__).parent
#: Where the environment of the tests has Cinder's configuration files.
SHIPPED = pathlib.Path(sys.prefix, 'etc', 'cinder')
#: Far more than anything takes, even on a busy machine.
PATIENCE = 120
#: The drivers for SQLAlchemy, as Cinder's operators write them.
DRIVERS = {'mysql': 'mysql+pymysql', 'postgresql': 'postgresql+psycopg2'}

CONFIG = """
[DEFAULT]
transport_url = {broker}
host = one
report_interval = 1
backend_stats_polling_interval = 3
my_ip = 127.0.0.1
osapi_volume_listen = 127.0.0.1
osapi_volume_listen_port = {port}
osapi_volume_workers = 1
api_paste_config = {shipped}/api-paste.ini
resource_query_filters_file = {shipped}/resource_filters.json
state_path = {folder}/state
auth_strategy = keystone
glance_api_servers = {images}
enabled_backends = failing
backup_driver = failing.Backups
quota_volumes = -1
quota_snapshots = -1
quota_gigabytes = -1
quota_backups = -1
quota_backup_gigabytes = -1
[failing]
volume_driver = failing.Volumes
volume_backend_name = failing
[database]
connection = {database}
[keystone_authtoken]
auth_url = {keystone}
www_authenticate_uri = {keystone}
auth_type = password
username = cinder
password = secret
project_name = service
user_domain_id = default
project_domain_id = default
[oslo_messaging_notifications]
driver = messagingv2
[oslo_concurrency]
lock_path = {folder}/locks
[coordination]
backend_url = file://{folder}/coordination
"""


def until(what, holds, patience=PATIENCE):
    """Waits for a condition, and returns what it returns."""
    end = time.monotonic() + patience
    while not (met := holds()):
        assert time.monotonic() < end, f'{what}: this never came true'
        time.sleep(0.05)
    return met


def took(what, holds):
    """Waits for a condition, and returns the seconds that it took."""
    began = time.monotonic()
    until(what, holds)
    return time.monotonic() - began


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def answers(url):
    try:
        urllib.request.urlopen(url, timeout=5).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


class Process:
    """A program that can be killed and started again. Its children end with it."""

    def __init__(self, folder, name, command, environment=None):
        self.name, self.command = name, [str(word) for word in command]
        self.folder, self.log = folder, folder / f'{name}.log'
        self.environment = os.environ | (environment or {})
        self.running = None

    def start(self):
        with open(self.log, 'ab') as log:
            self.running = subprocess.Popen(
                self.command, env=self.environment, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True)

    def kill(self):
        self.end(signal.SIGKILL)

    def end(self, number=signal.SIGTERM):
        """Ends the program and its children by a signal, unless it has ended."""
        if self.running is not None:
            os.killpg(self.running.pid, number)
            self.running.wait(PATIENCE)
            self.running = None


class Cinder:
    """The services of one host, on a database of their own. `start` says how, such as by a script in place of the program."""

    NAMES = ('api', 'scheduler', 'volume', 'backup')

    def __init__(self, folder, database, broker, keystone, images):
        self.folder, self.port = folder, free_port()
        self.url = f'http://127.0.0.1:{self.port}'
        self.away = folder / 'state' / 'away'
        self.away.parent.mkdir()
        self.conf = folder / 'cinder.conf'
        self.conf.write_text(CONFIG.format(
            broker=broker, port=self.port, shipped=SHIPPED, folder=folder, database=database, keystone=keystone, images=images),
            encoding='utf-8')
        self.engine = sqlalchemy.create_engine(database)
        self.services = {}
        self.environment = {'PYTHONPATH': str(HERE), 'PYTHONWARNINGS': 'ignore'}
        subprocess.run(['cinder-manage', '--config-file', self.conf, 'db', 'sync'], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, env=os.environ | self.environment, timeout=PATIENCE)

    def start(self, *names, scripts=None):
        """Starts services, some with a script in the place of their program."""
        before = self.reports()
        for name in names or self.NAMES:
            program = [sys.executable, scripts[name]] if scripts and name in scripts else [f'cinder-{name}']
            service = Process(self.folder, name, [*program, '--config-file', self.conf], self.environment)
            service.start()
            self.services[name] = service
        until('Cinder answers', lambda: answers(self.url))
        reporting = {f'cinder-{name}' for name in (names or self.NAMES) if name != 'api'}
        until('its services report', lambda: {name for name, count in self.reports().items() if count != before.get(name)} >= reporting)

    def reports(self):
        """Returns how often each service has reported that it is there."""
        services = sqlalchemy.table('services', sqlalchemy.column('binary'), sqlalchemy.column('report_count'))
        with self.engine.connect() as connection:
            return dict(tuple(row) for row in connection.execute(sqlalchemy.select(services)))

    def told(self):
        """Returns (code, resource, request) of every message that Cinder has written."""
        with self.engine.connect() as connection:
            rows = connection.execute(sqlalchemy.text('SELECT event_id, resource_uuid, request_id FROM messages'))
            return sorted(tuple(row) for row in rows)

    def stop(self):
        for service in self.services.values():
            service.kill()


class Tidings:
    """A server with a configuration file of this text."""

    def __init__(self, folder, name, text):
        self.url = f'http://127.0.0.1:{free_port()}'
        conf = folder / f'{name}.conf'
        conf.write_text(text, encoding='utf-8')
        subprocess.run([os.environ['TIDINGS'], 'db', 'migrate', '--config-file', conf], check=True, stdout=subprocess.DEVNULL,
                       timeout=PATIENCE)
        self.process = Process(folder, name, [os.environ['TIDINGS'], 'serve', '--bind', self.url[7:], '--config-file', conf])

    def start(self):
        self.process.start()
        until('the server answers', lambda: answers(f'{self.url}/healthcheck'))

    def messages(self, project, token, **headers):
        """Returns all messages of a project as its user sees them."""
        found, marker = [], ''
        while True:
            request = urllib.request.Request(
                f'{self.url}/v3/{project}/messages?limit=1000{marker}',
                headers={'X-Auth-Token': token, 'OpenStack-API-Version': 'volume 3.71', **headers})
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                page = json.load(answer)['messages']
            found += page
            if len(page) < 1000:
                return found
            marker = f'&marker={page[-1]["id"]}'

    def told(self, project, token):
        """Returns (code, resource, request) of every message of a project."""
        return sorted((one['event_id'], one['resource_uuid'], one['request_id']) for one in self.messages(project, token))
