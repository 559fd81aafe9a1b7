"""A cloud whose users and catalog are as docs/failures.md says. It expects a Keystone at $KEYSTONE_URL and a server at $TIDINGS_URL."""

import os
import shlex

import openstack
import pytest

import clients
import document


class Cloud:
    """Clients with passwords, by way of the catalog."""

    def __init__(self):
        self.keystone, self.tidings = os.environ['KEYSTONE_URL'], os.environ['TIDINGS_URL']

    def auth(self, user, project='service'):
        return {'auth_url': self.keystone, 'username': user, 'password': 'secret', 'project_name': project,
                'user_domain_name': 'Default', 'project_domain_name': 'Default'}

    def environment(self, user):
        """The variables for a program of this user."""
        return {**os.environ, 'OS_REGION_NAME': 'RegionOne',
                **{f'OS_{name.upper()}': value for name, value in self.auth(user).items()}}

    def connect(self, user, project='service'):
        return openstack.connect(**self.auth(user, project), region_name='RegionOne', ha_api_version='1.3')

    def openstack(self, *words, user='admin', project='service', output='json'):
        options = [f'--os-{name.replace("_", "-")}={value}' for name, value in self.auth(user, project).items()]
        return clients.openstack(*options, *words, output=output)

    def run(self, commands):
        """Runs documented commands as an administrator."""
        for command in commands.splitlines():
            program, *words = shlex.split(command.replace('--password-prompt', '--password secret'))
            assert program == 'openstack'
            self.openstack(*words, output=None)


@pytest.fixture(scope='session')
def cloud():
    cloud = Cloud()
    cloud.run(document.block('docs/failures.md', 'endpoint', [('https://tidings.example.org:8790', cloud.tidings)]))
    cloud.run(document.block('docs/failures.md', 'monitors'))
    cloud.run(document.block('docs/failures.md', 'engine-user'))
    return cloud


@pytest.fixture
def monitors_conf(cloud, tmp_path):
    """The configuration file of the monitors."""
    replaced = [('https://keystone.example.org:5000', cloud.keystone), ('...', 'secret')]
    config = tmp_path / 'masakarimonitors.conf'
    config.write_text(document.block('docs/failures.md', 'masakarimonitors.conf', replaced), encoding='utf-8')
    return config
