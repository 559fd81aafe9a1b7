"""Cinder's services with their own call replaced by one documented line: they record to Tidings, and to nothing else."""

import re

import pytest

import document
import failures
import services
from conftest import KEYSTONE, PROJECT

@pytest.fixture
def recording(cinder, folder, tidings):
    """A server, and Cinder's services as they run with docs/adopting.md and docs/python.md."""
    server = tidings('recorded', f'sqlite:///{folder}/recorded.db')
    with open(cinder.conf, 'a', encoding='utf-8') as file:
        file.write(document.block('docs/adopting.md', 'cinder.conf', [
            ('https://tidings.example.org', server.url), ('https://keystone.example.org:5000', KEYSTONE),
            ('/var/spool/cinder/tidings', str(folder / 'spool'))]))
    script = document.block('docs/python.md', 'cinder-volume')
    scripts = {}
    for name in ('scheduler', 'volume', 'backup'):
        cinder.services[name].end()
        scripts[name] = folder / f'cinder-{name}.py'
        scripts[name].write_text(re.sub(r'\bvolume\b', name, script), encoding='utf-8')
    cinder.start(*scripts, scripts=scripts)
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
