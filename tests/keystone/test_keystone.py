"""Tests a running server with a real Keystone. Run by tests/steps/*-keystone, which sets the environment:

TIDINGS_URL, KEYSTONE_URL, SHORT_KEYSTONE_URL (its tokens last 4 s), KEYSTONE_PID. The tests of `Outage` come last, as they
stop Keystone.
"""
import http.client
import json
import os
import signal
import subprocess
import time
import unittest
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

from cloud import PROJECT, Cloud

TIDINGS = os.environ['TIDINGS_URL']
KEYSTONE = os.environ['KEYSTONE_URL']
SHORT = os.environ['SHORT_KEYSTONE_URL']
OWN = f'/v3/{PROJECT}/messages'


def ask(path, token=None, method='GET', body=None, **headers):
    """Returns the status, headers and JSON of an answer of Tidings."""
    headers = {name.replace('_', '-'): value for name, value in headers.items()}
    if token is not None:
        headers['X-Auth-Token'] = token
    data = None
    if body is not None:
        data = json.dumps(body).encode()
        headers['Content-Type'] = 'application/json'
    request = urllib.request.Request(TIDINGS + path, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            text = answer.read()
            return answer.status, answer.headers, json.loads(text) if text else None
    except urllib.error.HTTPError as error:
        return error.code, error.headers, json.loads(error.read())


def status(*arguments, **more):
    return ask(*arguments, **more)[0]


def figure(name):
    """Returns a value of /metrics."""
    with urllib.request.urlopen(TIDINGS + '/metrics', timeout=30) as answer:
        lines = answer.read().decode().splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith(name + ' '))


def ask_often(token, count):
    """Returns the statuses of this number of requests, one after the other on one connection."""
    connection = http.client.HTTPConnection(TIDINGS.removeprefix('http://'), timeout=60)
    statuses = []
    for _ in range(count):
        connection.request('GET', OWN + '?limit=0', headers={'X-Auth-Token': token})
        answer = connection.getresponse()
        answer.read()
        statuses.append(answer.status)
    connection.close()
    return statuses


def openstack(*arguments, user='alice', **more):
    environment = {name: value for name, value in os.environ.items() if not name.startswith('OS_')}
    environment |= more | {
        'OS_AUTH_URL': KEYSTONE + '/v3', 'OS_USERNAME': user, 'OS_PASSWORD': 'secret', 'OS_PROJECT_NAME': 'demo',
        'OS_USER_DOMAIN_NAME': 'Default', 'OS_PROJECT_DOMAIN_NAME': 'Default',
    }
    done = subprocess.run(['openstack', *arguments], env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


class Callers(unittest.TestCase):
    def test_a_token_is_good_and_nonsense_is_401(self):
        alice = Cloud(KEYSTONE, 'alice', 'demo').token
        self.assertEqual(status(OWN, alice), 200)
        self.assertEqual(status(OWN, X_Storage_Token=alice), 200)
        for token in (None, '', 'nonsense', 'x' * 4000, alice[:-4] + 'AAAA'):
            code, headers, body = ask(OWN, token)
            self.assertEqual((code, body['error']['title']), (401, 'Unauthorized'), token)
            self.assertEqual(headers['WWW-Authenticate'], f'Keystone uri="{KEYSTONE}"')

    def test_roles_decide(self):
        message = {'message': {'event_id': 'VOLUME_000002'}}
        for user, project, read, write in (
                ('alice', 'demo', 200, 403), ('rita', 'demo', 200, 403), ('norole', 'demo', 403, 403),
                ('admin', 'demo', 200, 201)):
            token = Cloud(KEYSTONE, user, project).token
            self.assertEqual(status(OWN, token), read, user)
            self.assertEqual(status(OWN, token, 'POST', message), write, user)

    def test_a_service_records_what_it_owns(self):
        cinder, nova = (Cloud(KEYSTONE, user, 'service').token for user in ('cinder', 'nova'))
        volume = {'message': {'event_id': 'VOLUME_000002'}}
        share = {'message': {'action': '001', 'detail': '001', 'resource_type': 'SHARE'}}
        self.assertEqual(status(OWN, cinder, 'POST', volume), 201)
        self.assertEqual(status(OWN, nova, 'POST', share), 201)
        code, _, body = ask(OWN, nova, 'POST', volume)
        self.assertEqual((code, body['forbidden']['message']),
                         (403, 'The user nova may not record messages with the prefix VOLUME.'))

    def test_tokens_without_a_project(self):
        for user, scope, in_project, anywhere in (
                ('admin', 'system', 400, 200), ('admin', 'domain', 400, 403), ('alice', 'unscoped', 400, 403)):
            token = Cloud(KEYSTONE, user, scope).token
            self.assertEqual((status(OWN, token), status('/v3/messages', token)), (in_project, anywhere), scope)

    def test_an_admin_of_a_domain_sees_its_projects_only(self):
        admin = Cloud(KEYSTONE)
        domain = admin.make('domain', 'east')
        project = admin.make('project', 'east1', domain_id=domain)
        admin.make('user', 'eve', password='secret', domain_id='default')
        admin.grant('domains/' + domain, 'eve', 'admin')
        cinder = Cloud(KEYSTONE, 'cinder', 'service').token
        volume = {'message': {'event_id': 'VOLUME_000002'}}
        theirs, other = (ask(path, cinder, 'POST', volume)[2]['message']['id'] for path in (f'/v3/{project}/messages', OWN))
        eve = Cloud(KEYSTONE, 'eve', 'domain:east').token
        listed = ask('/v3/messages', eve)[2]['messages']
        self.assertEqual([message['id'] for message in listed], [theirs])
        self.assertEqual((status(f'/v3/messages/{theirs}', eve), status(f'/v3/messages/{other}', eve)), (200, 404))
        self.assertEqual(status(f'/v3/messages/{other}', eve, 'DELETE'), 404)

    def test_forged_headers_are_of_no_use(self):
        forged = {'X_User_Id': 'root', 'X_Roles': 'admin', 'X_Identity_Status': 'Confirmed', 'X_Project_Id': PROJECT}
        self.assertEqual(status(OWN, **forged), 401)
        self.assertEqual(status(OWN, Cloud(KEYSTONE, 'norole', 'demo').token, **forged), 403)

    def test_roles_are_implied_by_what_keystone_says(self):
        admin = Cloud(KEYSTONE)
        auditor, reader = admin.make('role', 'auditor'), admin.find('role', 'reader')
        admin.call('PUT', f'/v3/roles/{auditor}/implies/{reader}')
        admin.make('user', 'vera', password='secret', domain_id='default')
        admin.grant('projects/' + PROJECT, 'vera', 'auditor')
        vera = Cloud(KEYSTONE, 'vera', 'demo').token
        self.assertEqual((status(OWN, vera), status(OWN + '/nosuch', vera, 'DELETE')), (200, 404))
        one = ask(OWN, Cloud(KEYSTONE, 'admin', 'demo').token, 'POST', {'message': {'event_id': 'VOLUME_000002'}})[2]
        self.assertEqual(status(f'{OWN}/{one["message"]["id"]}', vera, 'DELETE'), 403)

    def test_a_thousand_requests_with_one_new_token_are_one_validation(self):
        token = Cloud(KEYSTONE, 'alice', 'demo').token
        names = ('validation_duration_seconds_count', 'cache_hits_total', 'cache_misses_total')
        before = [figure('tidings_token_' + name) for name in names]
        with ThreadPoolExecutor(50) as pool:
            statuses = sum(pool.map(lambda _: ask_often(token, 20), range(50)), [])
        self.assertEqual(statuses, [200] * 1000)
        validations, hits, misses = (figure('tidings_token_' + name) - old for name, old in zip(names, before))
        self.assertEqual((validations, hits + misses), (1, 1000))

    def test_our_own_token_is_renewed_when_keystone_revoked_it(self):
        self.assertEqual(status(OWN, Cloud(KEYSTONE, 'alice', 'demo').token), 200)
        admin = Cloud(KEYSTONE)
        path = '/v3/users/' + admin.find('user', 'tidings')
        for enabled in (False, True):
            admin.call('PATCH', path, {'user': {'enabled': enabled}})
        # Keystone stores revocations with whole seconds: a token of the same second is revoked, too.
        time.sleep(1.1)
        self.assertEqual(status(OWN, Cloud(KEYSTONE, 'alice', 'demo').token), 200)

    def test_access_rules_of_application_credentials(self):
        alice = Cloud(KEYSTONE, 'alice', 'demo')
        rule = {'service': 'block-storage', 'method': 'GET', 'path': '/v3/*/messages'}
        for name, rules, listed, shown in (
                ('free', {}, 200, 404), ('ruled', {'access_rules': [rule]}, 200, 401)):
            token = alice.with_credential(alice.new_credential(name, **rules))
            self.assertEqual((status(OWN, token), status(OWN + '/nosuch', token)), (listed, shown), name)


class Expiry(unittest.TestCase):
    def test_a_remembered_token_ends_with_its_life_unless_a_service_brings_it(self):
        # Whatever takes time comes before the short life of the token.
        service = Cloud(KEYSTONE, 'nova', 'service').token
        for _ in range(5):
            alice = Cloud(SHORT, 'alice', 'demo').token
            if status(OWN, alice) == 200:
                break
        else:
            self.fail('no token was used in its four seconds')
        time.sleep(5)
        self.assertEqual(status(OWN, alice), 401)
        self.assertEqual(status(OWN, alice, X_Service_Token=service), 200)
        self.assertEqual(status(OWN, alice, X_Service_Token='nonsense'), 401)
        other = Cloud(KEYSTONE, 'rita', 'demo').token
        self.assertEqual(status(OWN, alice, X_Service_Token=other), 401)


class Clients(unittest.TestCase):
    def test_openstack_with_a_password_through_the_catalog(self):
        code, out, error = openstack('volume', 'message', 'list', '-f', 'json')
        self.assertEqual(code, 0, error)
        messages = json.loads(out)
        self.assertGreater(len(messages), 0)
        code, _, error = openstack('volume', 'message', 'delete', messages[0]['ID'])
        self.assertEqual(code, 0, error)
        code, _, error = openstack('volume', 'message', 'list', user='norole')
        self.assertNotEqual(code, 0)
        self.assertIn("Policy doesn't allow message:get_all to be performed.", error)

    def test_openstack_with_the_endpoint_of_its_own_setting(self):
        listed = openstack('volume', 'message', 'list', OS_BLOCK_STORAGE_ENDPOINT_OVERRIDE=f'{TIDINGS}/v3/{PROJECT}')
        self.assertEqual(listed[0], 0, listed[2])
        nowhere = f'http://127.0.0.1:1/v3/{PROJECT}'
        self.assertNotEqual(openstack('volume', 'message', 'list', OS_BLOCK_STORAGE_ENDPOINT_OVERRIDE=nowhere)[0], 0)


class Outage(unittest.TestCase):
    def test_known_tokens_go_on_without_keystone(self):
        known, new, newer = (Cloud(KEYSTONE, 'alice', 'demo').token for _ in range(3))
        self.assertEqual(status(OWN, known), 200)
        pid = int(os.environ['KEYSTONE_PID'])
        os.kill(pid, signal.SIGSTOP)
        begin = time.monotonic()
        with ThreadPoolExecutor(20) as pool:
            waiting = [pool.submit(ask, OWN, new) for _ in range(20)]
            time.sleep(0.3)
            # Requests with cached tokens do not queue behind waiting ones.
            self.assertEqual(ask_often(known, 50), [200] * 50)
            self.assertLess(time.monotonic() - begin, 5)
            self.assertFalse(any(one.done() for one in waiting))
            self.assertEqual({one.result()[0] for one in waiting}, {503})
        code, headers, body = ask(OWN, new)
        self.assertEqual((code, body['serviceUnavailable']['message']),
                         (503, 'The Keystone service is temporarily unavailable.'))
        self.assertIsNotNone(headers['Retry-After'])
        self.assertLess(time.monotonic() - begin, 25)
        os.kill(pid, signal.SIGCONT)
        # Keystone first handles the requests that arrived while it was stopped.
        deadline = time.monotonic() + 60
        while (code := status(OWN, new)) == 503 and time.monotonic() < deadline:
            time.sleep(0.5)
        self.assertEqual(code, 200)
        os.kill(pid, signal.SIGTERM)
        for _ in range(100):
            try:
                urllib.request.urlopen(KEYSTONE + '/v3', timeout=1).close()
            except OSError:
                break
            time.sleep(0.1)
        begin = time.monotonic()
        self.assertEqual((status(OWN, known), status(OWN, new), status(OWN, newer)), (200, 200, 503))
        self.assertLess(time.monotonic() - begin, 5)


if __name__ == '__main__':
    unittest.main(verbosity=2)
