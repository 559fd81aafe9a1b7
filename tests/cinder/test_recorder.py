"""Cinder's services with their own call replaced by one documented line: they record to Tidings, and to nothing else."""

import re

import pytest

import document
import failures
import services
from conftest import KEYSTONE, PROJECT

RECORDING = ('scheduler', 'volume', 'backup')


@pytest.fixture(scope='module')
def scripts(cinder, folder):
    """The documented script for each service that records."""
    script = document.block('docs/python.md', 'cinder-volume')
    made = {}
    for name in RECORDING:
        made[name] = folder / f'cinder-{name}.py'
        made[name].write_text(re.sub(r'\bvolume\b', name, script), encoding='utf-8')
    return made


@pytest.fixture(scope='module')
def recording(cinder, folder, tidings, scripts):
    """A server, and Cinder's services as they run with docs/adopting.md and docs/python.md."""
    server = tidings('recorded', f'sqlite:///{folder}/recorded.db')
    with open(cinder.conf, 'a', encoding='utf-8') as file:
        file.write(document.block('docs/adopting.md', 'cinder.conf', [
            ('https://tidings.example.org', server.url), ('https://keystone.example.org:5000', KEYSTONE),
            ('/var/spool/cinder/tidings', str(folder / 'spool'))]))
    for name in RECORDING:
        cinder.services[name].end()
    cinder.start(*RECORDING, scripts=scripts)
    return server


def test_each_failure_is_recorded_with_tidings_alone(cinder, tenant, token, recording):
    before = cinder.told()
    for what, resource, request in tenant.fail():
        wanted = sorted((code, resource, request) for code in failures.MADE[what])
        services.until(what, lambda: [one for one in recording.told(PROJECT, token) if one[2] == request] == wanted)
    assert cinder.told() == before
    shown = recording.messages(PROJECT, token, **{'Accept-Language': 'zh-CN'})
    assert all(re.search('[一-鿿]', one['user_message']) for one in shown)
    assert failures.SECRET not in str(shown)


def test_what_failed_while_the_server_was_down_is_recorded_even_if_both_are_killed(cinder, folder, tenant, token, recording, scripts):
    volume = tenant.volume()[0]
    recording.process.kill()
    snapshot, request = tenant.snapshot(volume, 'fails create_snapshot', wanted='error')
    services.until('it is in the spool', lambda: list((folder / 'spool').rglob('*.batch')))
    cinder.services['volume'].kill()
    recording.start()
    cinder.start('volume', scripts=scripts)
    told = ('VOLUME_VOLUME_SNAPSHOT_009_013', snapshot, request)
    services.until('the message', lambda: told in recording.told(PROJECT, token))
