"""Compares every decision of `tidings policy check` with those of oslo.policy: of its program oslopolicy-checker, and of
the library with the attributes that oslo.context gives a service.

    compare.py TIDINGS_BINARY WORK_DIRECTORY

Run by tests/steps/*-policy, with oslo.policy on the path. Exits with 0 if every decision agrees.
"""
import json
import pathlib
import subprocess
import sys

import yaml
from oslo_context import context
from oslo_policy import policy, shell

HERE = pathlib.Path(__file__).parent


def token(case):
    """Returns a token in the form of Keystone."""
    made = {
        'expires_at': '2036-01-01T00:00:00.000000Z',
        'user': {'id': case['user'], 'name': case['user'], 'domain': {'id': 'default', 'name': 'Default'}},
        'roles': [{'id': role, 'name': role} for role in case['roles']],
        # Explicit, as the checker, unlike a service, takes a token without it for one of another project.
        'is_admin_project': case.get('is_admin_project', True),
    }
    if 'project' in case:
        made['project'] = {'id': case['project'], 'name': 'x', 'domain': {'id': 'default', 'name': 'Default'}}
    if case.get('system'):
        made['system'] = {'all': True}
    return made


def decisions(command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=True)
    lines = [line.split(': ', 1) for line in done.stdout.splitlines()]
    return {name: word for word, name in lines if word in ('passed', 'failed')}


def by_library(rules, case, target):
    """Returns the decision of a service with oslo.context."""
    is_admin = 'admin' in [role.lower() for role in case['roles']]
    who = context.RequestContext(
        user_id=case['user'], project_id=case.get('project'), roles=case['roles'],
        system_scope='all' if case.get('system') else None,
        is_admin_project=case.get('is_admin_project', True))
    creds = {**who.to_policy_values(), 'is_admin': is_admin}
    enforcer = shell.FakeEnforcer(rules, None)
    target = shell.flatten(target)
    return {name: 'passed' if rule(target, creds, enforcer, name) else 'failed'
            for name, rule in rules.items() if ':' in name}


def main():
    tidings, work = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    cases = json.loads((HERE / 'cases.json').read_text())
    conf = work / 'tidings.conf'
    conf.write_text('')
    own = [tidings, '--config-file', conf, 'policy']

    # The rules of the table on top of the built-in ones.
    listed = json.loads(subprocess.run([*map(str, own), 'list', '--output', 'json'], capture_output=True, check=True).stdout)
    table = {rule['name']: rule['rule'] for rule in listed}
    table.update(yaml.safe_load((HERE / 'rules.yaml').read_text()))
    file = work / 'rules.yaml'
    file.write_text(yaml.safe_dump(table))
    rules = policy.Rules.load(file.read_text(), 'default')

    count, differ = 0, 0
    for token_name, case in cases['tokens'].items():
        access = work / 'access.json'
        access.write_text(json.dumps({'token': token(case)}))
        is_admin = 'admin' in [role.lower() for role in case['roles']]
        for target_name, target in cases['targets'].items():
            goal = work / 'target.json'
            goal.write_text(json.dumps(target))
            files = ['--policy', file, '--access', access, '--target', goal]
            ours = decisions([*own, 'check', *files])
            oracles = {
                'oslopolicy-checker': decisions(['oslopolicy-checker', *files, *(['--is_admin'] if is_admin else [])]),
                'oslo.policy': by_library(rules, case, target),
            }
            for oracle, theirs in oracles.items():
                for name in sorted(set(ours) | set(theirs)):
                    count += 1
                    if ours.get(name) != theirs.get(name):
                        differ += 1
                        print(f'DIFF {name} ({table.get(name)!r}) for {token_name}, {target_name}: '
                              f'{ours.get(name)}, but {oracle} {theirs.get(name)}')
    print(f'{count - differ} decisions agree, {differ} differ')
    sys.exit(1 if differ or count < 1000 else 0)


main()
