"""A small cloud in a real Keystone with projects, users and roles, and the requests of the tests. Standard library only.

    cloud.py set-up KEYSTONE_URL KEYSTONE_DB                 projects, users and roles; once
    cloud.py cases KEYSTONE_URL CASES.jsonl                  the cases of the replay with tokens of real users, to stdout
    cloud.py credential KEYSTONE_URL USER PROJECT            id and secret of a new application credential, to stdout
    cloud.py elsewhere KEYSTONE_URL                          a service user in a separate domain: prints the ids of the
                                                             domain, the user, its project and a trust of cinder
    cloud.py endpoint KEYSTONE_URL TYPE REGION URL           a public endpoint of a service, in a region
"""
import json
import pathlib
import sqlite3
import sys
import urllib.error
import urllib.request

# The project of the captured answers. Keystone generates ids, so the project is renamed in its database.
PROJECT = '83beacc4745b4328a3a8fd59a8d0c38b'
# The users of the captured answers and the services of the tests, with their projects and roles.
USERS = {
    'alice': ('demo', ['member']),
    'rita': ('demo', ['reader']),
    'norole': ('demo', ['other']),
    'tidings': ('service', ['service']),
    'cinder': ('service', ['service']),
    'nova': ('service', ['service']),
    'manila': ('service', ['service']),
}


class Cloud:
    """A user of a Keystone. Every password is `secret`."""

    def __init__(self, url, user='admin', scope='admin'):
        self.url = url
        self.token = self.log_in(user, scope)

    def call(self, method, path, body=None, headers=None):
        """Returns the status, headers and JSON of an answer."""
        headers = {'Content-Type': 'application/json', **(headers or {})}
        if hasattr(self, 'token'):
            headers.setdefault('X-Auth-Token', self.token)
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                text = answer.read()
                return answer.status, answer.headers, json.loads(text) if text else None
        except urllib.error.HTTPError as error:
            sys.exit(f'{method} {path}: {error.code} {error.read()[:500]}')

    def log_in(self, user, scope):
        """Returns a token for the project of this name; `system`, `domain`, `domain:NAME` and `unscoped` are special scopes."""
        domain = {'name': 'Default'}
        who = {'name': user, 'domain': domain, 'password': 'secret'}
        auth = {'identity': {'methods': ['password'], 'password': {'user': who}}}
        named = scope.removeprefix('domain:')
        auth['scope'] = {'domain': {'name': named}} if named != scope else {
            'system': {'system': {'all': True}}, 'domain': {'domain': domain}, 'unscoped': 'unscoped',
        }.get(scope, {'project': {'name': scope, 'domain': domain}})
        _, headers, _ = self.call('POST', '/v3/auth/tokens', {'auth': auth})
        return headers['X-Subject-Token']

    def new_credential(self, name, **more):
        """Creates an application credential with the user's roles."""
        _, _, me = self.call('GET', '/v3/auth/tokens', headers={'X-Subject-Token': self.token})
        path = f'/v3/users/{me["token"]["user"]["id"]}/application_credentials'
        return self.call('POST', path, {'application_credential': {'name': name, **more}})[2]['application_credential']

    def with_credential(self, credential):
        """Returns a token for an application credential."""
        shown = {'id': credential['id'], 'secret': credential['secret']}
        auth = {'identity': {'methods': ['application_credential'], 'application_credential': shown}}
        return self.call('POST', '/v3/auth/tokens', {'auth': auth})[1]['X-Subject-Token']

    def make(self, kind, name, **more):
        """Creates a project, user, role or the like; returns its id."""
        return self.call('POST', f'/v3/{kind}s', {kind: {'name': name, **more}})[2][kind]['id']

    def find(self, kind, name):
        return self.call('GET', f'/v3/{kind}s?name={name}')[2][kind + 's'][0]['id']

    def grant(self, scope, user, role):
        self.call('PUT', f'/v3/{scope}/users/{self.find("user", user)}/roles/{self.find("role", role)}')


def set_up(keystone_url, database):
    admin = Cloud(keystone_url)
    made = admin.make('project', 'demo')
    with sqlite3.connect(database) as db:
        db.execute('UPDATE project SET id = ? WHERE id = ?', (PROJECT, made))
    projects = {'demo': PROJECT, 'service': admin.make('project', 'service')}
    admin.make('role', 'other')
    for user, (project, roles) in USERS.items():
        admin.make('user', user, password='secret', domain_id='default')
        for role in roles:
            admin.grant('projects/' + projects[project], user, role)
    admin.grant('projects/' + PROJECT, 'admin', 'admin')
    admin.grant('projects/' + projects['service'], 'admin', 'admin')
    admin.grant('domains/default', 'admin', 'reader')


def cases(keystone_url, path):
    tokens = {}
    for line in pathlib.Path(path).read_text(encoding='utf-8').splitlines():
        case = json.loads(line)
        if case['as'] is not None:
            user, project = case['as'].split(':')[:2]
            assert project == PROJECT, project
            if user not in tokens:
                tokens[user] = Cloud(keystone_url, user, 'demo').token
            case['as'] = tokens[user]
        elif case['status'] == 401:
            # Only noauth answers differently here.
            case.pop('differs', None)
        print(json.dumps(case))


def credential(keystone_url, user, project):
    made = Cloud(keystone_url, user, project).new_credential('for the tests')
    print(made['id'], made['secret'])


def elsewhere(keystone_url):
    admin = Cloud(keystone_url)
    domain = admin.make('domain', 'elsewhere')
    user = admin.make('user', 'outsider', password='secret', domain_id=domain)
    project = admin.make('project', 'service', domain_id=domain)
    role = admin.find('role', 'service')
    for scope in [f'projects/{project}', f'domains/{domain}', 'system']:
        admin.call('PUT', f'/v3/{scope}/users/{user}/roles/{role}')
    trustor = Cloud(keystone_url, 'cinder', 'service')
    _, _, me = trustor.call('GET', '/v3/auth/tokens', headers={'X-Subject-Token': trustor.token})
    trust = {
        'trustor_user_id': me['token']['user']['id'],
        'trustee_user_id': user,
        'project_id': me['token']['project']['id'],
        'impersonation': False,
        'roles': [{'id': role}],
    }
    trust = trustor.call('POST', '/v3/OS-TRUST/trusts', {'trust': trust})[2]['trust']['id']
    print(domain, user, project, trust)


def endpoint(keystone_url, kind, region, url):
    admin = Cloud(keystone_url)
    known = admin.call('GET', f'/v3/services?type={kind}')[2]['services']
    service = known[0]['id'] if known else admin.make('service', kind, type=kind)
    new = {'interface': 'public', 'region': region, 'service_id': service, 'url': url}
    admin.call('POST', '/v3/endpoints', {'endpoint': new})


if __name__ == '__main__':
    {'endpoint': endpoint, 'set-up': set_up, 'cases': cases, 'credential': credential, 'elsewhere': elsewhere}[sys.argv[1]](*sys.argv[2:])
