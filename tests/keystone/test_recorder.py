"""The Python recorder with an application credential of a real Keystone. Run by tests/steps/*-keystone, which sets the environment:

TIDINGS_URL, SHORT_KEYSTONE_URL (its tokens last 4 s), and RECORDER_CREDENTIAL (id and secret, of a user with the role service).
"""
import logging
import os
import tempfile
import time
import unittest

from cloud import PROJECT, Cloud
from oslo_config import cfg
from test_keystone import OWN, SHORT, TIDINGS, ask, figure

from tidings_client import options

IDENTIFIER, SECRET = os.environ['RECORDER_CREDENTIAL'].split()
LOGIN = f"""[tidings]
auth_type = v3applicationcredential
auth_url = {SHORT}/v3
application_credential_id = {IDENTIFIER}
request_timeout = 30
"""


def recorder(secret, *lines):
    """Makes a recorder as a service does from its configuration file."""
    with tempfile.NamedTemporaryFile('w', suffix='.conf') as file:
        file.write('\n'.join([LOGIN, f'application_credential_secret = {secret}', *lines]))
        file.flush()
        conf = cfg.ConfigOpts()
        conf([], default_config_files=[file.name])
        return options.recorder(conf)


def resources():
    """Returns the resources of the messages that the project's members see."""
    _, _, body = ask(OWN, Cloud(os.environ['KEYSTONE_URL'], 'alice', 'demo').token)
    return [message.get('resource_uuid') for message in body['messages']]


class Credentials(unittest.TestCase):
    def record(self, one, resource):
        one.record(PROJECT, 'VOLUME_000002', resource_type='VOLUME', resource_uuid=resource)
        self.assertTrue(one.flush(60))

    def test_messages_are_recorded_beyond_the_life_of_a_token(self):
        one = recorder(SECRET, f'endpoint_override = {TIDINGS}')
        first, second = (f'33333333-0000-4000-8000-00000000000{number}' for number in (1, 2))
        self.record(one, first)
        self.assertIn(first, resources())
        # The first token ends.
        time.sleep(5)
        refused = figure('tidings_token_cache_misses_total')
        self.record(one, second)
        self.assertGreater(figure('tidings_token_cache_misses_total'), refused, 'the second message came with a new token')
        self.assertIn(second, resources())
        one.close()
        stats = one.stats()
        self.assertEqual((stats.delivered, stats.refused), (2, 0), stats)

    def test_the_service_catalog_names_the_server(self):
        # As docs/deployment.md registers it, at the address that the step gives it.
        one = recorder(SECRET)
        self.record(one, '33333333-0000-4000-8000-000000000003')
        one.close()
        self.assertIn('33333333-0000-4000-8000-000000000003', resources())

    def test_a_wrong_secret_is_logged_and_nothing_else_happens(self):
        with self.assertLogs('tidings_client', logging.WARNING) as logged:
            one = recorder('wrong', f'endpoint_override = {TIDINGS}', 'shutdown_timeout = 0')
            one.record(PROJECT, 'VOLUME_000002', resource_uuid='33333333-0000-4000-8000-000000000004')
            self.assertFalse(one.flush(5))
            one.close()
        self.assertIn('credentials', ' '.join(logged.output))
        self.assertNotIn('33333333-0000-4000-8000-000000000004', resources())
