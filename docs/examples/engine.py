#!/usr/bin/env python3
"""A recovery engine: claims failure notifications from Tidings and recovers what failed in Nova. See docs/failures.md.

    OS_CLOUD=mycloud FENCE=/usr/local/sbin/fence-host engine.py

It signs in as openstacksdk does, with the role service for Tidings and admin for Nova. FENCE is a program that is given a host's
name, powers the host off, and exits with 0 only once the host is proven to be off. Run as many engines as you like, and restart
them at any time: every step looks at the state of the instance, and at what earlier engines reported, before it changes anything.
An engine ends if Tidings or Nova does not answer, so let systemd start it again.
"""
import os
import shutil
import subprocess
import sys
import time

import openstack

VERSION = '2.53'  # of Nova: services have ids, and can be forced down
PAUSE = float(os.environ.get('ENGINE_PAUSE', '2'))  # between two looks at an instance, in seconds
FENCE = shutil.which(os.environ.get('FENCE', ''))
PATIENCE = float(os.environ.get('ENGINE_PATIENCE', '600'))  # for one change of an instance, in seconds


class Lost(Exception):
    """The lease is over: another engine may work on the host, so nothing may be changed any more."""


class Failed(Exception):
    """The recovery cannot go on."""


class Recovery:
    """The recovery of one notification, as long as the lease holds."""

    def __init__(self, cloud, claim):
        self.ha, self.nova, self.claim, self.host = cloud.instance_ha, cloud.compute, claim, claim['host']['name']
        self.notification, self.tenants = claim['notification'], []
        self.until = time.monotonic() + claim['seconds']
        self.done = {step['name'] for step in self.notification['recovery_workflow_details'] if step['state'] == 'SUCCESS'}

    def report(self, verb, action, **body):
        """Reports to Tidings, which renews the lease. It counts from before the request, so it never ends earlier in Tidings."""
        began, path = time.monotonic(), f'/notifications/{self.notification["notification_uuid"]}/{action}'
        answer = self.ha.request(path, verb, json={'lease': self.claim['lease'], **body}, raise_exc=False)
        if answer.status_code in (404, 409):
            raise Lost(answer.text)
        answer.raise_for_status()
        self.until = began + answer.json().get(action, {}).get('seconds', 0)

    def step(self, name, message, state='RUNNING', **more):
        step = {'name': name, 'message': message, 'progress': 1.0 if state == 'SUCCESS' else 0.0, 'state': state}
        self.report('PUT', 'progress', steps=[step], **more)

    def read(self, path, **params):
        answer = self.nova.get(path, params=params, microversion=VERSION, raise_exc=False)
        if answer.status_code == 404:
            raise Failed(f'{path} does not exist')
        answer.raise_for_status()
        return answer.json()

    def change(self, method, path, body):
        """Changes something in Nova, only under the lease. Nova refuses what the state of an instance does not allow."""
        if time.monotonic() >= self.until:
            raise Lost('the lease ended by the clock')
        answer = self.nova.request(path, method, json=body, microversion=VERSION, raise_exc=False)
        if answer.status_code >= 400:
            raise Failed(f'{method} {path}: {answer.status_code} {answer.text[:200]}')

    def wait(self, instance, reached=lambda server: True):
        """Looks at an instance until it is so and no task runs, renewing the lease meanwhile."""
        end = time.monotonic() + PATIENCE
        while True:
            server = self.read(f'/servers/{instance}')['server']
            if server['OS-EXT-STS:task_state'] is None and (reached(server) or server['status'] == 'ERROR'):
                return server
            if time.monotonic() >= end:
                raise Failed(f'the instance {instance} stayed {server["status"]}')
            self.report('PUT', 'progress')
            time.sleep(PAUSE)

    def disable_service(self, step):
        """Keeps Nova from placing instances on the host; returns its service."""
        self.step(step, f'disabling the compute service of {self.host}')
        for service in self.read('/os-services', host=self.host, binary='nova-compute')['services']:
            if service['status'] != 'disabled':
                self.change('PUT', f'/os-services/{service["id"]}', {'status': 'disabled', 'disabled_reason': 'failed'})
            self.step(step, f'the compute service of {self.host} is disabled', 'SUCCESS')
            return service
        raise Failed(f'{self.host} has no compute service')

    def process(self):
        self.disable_service('DisableComputeNodeTask')
        return f'the compute service of {self.host} is disabled'

    def vm(self):
        instance = self.notification['payload']['instance_uuid']
        server = self.wait(instance)
        if server['metadata'].get('HA_Enabled', '').lower() not in ('true', 'yes', '1'):
            self.tenants = [tenant(server, 'skipped')]
            return 'the instance has no metadata HA_Enabled=True'
        # Once it was stopped it must not be stopped again, as it may run already; and this engine may die before it has reported
        # more than that it stops it.
        if 'StopInstanceTask' not in self.done:
            self.step('StopInstanceTask', f'stopping {instance}', tenants=[tenant(server)])
            if server['status'] != 'SHUTOFF':
                self.change('POST', f'/servers/{instance}/action', {'os-stop': None})
                server = self.wait(instance, lambda server: server['status'] == 'SHUTOFF')
            self.step('StopInstanceTask', f'{instance} is stopped', 'SUCCESS')
        self.step('StartInstanceTask', f'starting {instance}')
        if server['status'] == 'SHUTOFF':
            self.change('POST', f'/servers/{instance}/action', {'os-start': None})
            server = self.wait(instance, lambda server: server['status'] == 'ACTIVE')
        self.tenants = [tenant(server, 'recovered' if server['status'] == 'ACTIVE' else 'failed')]
        if server['status'] != 'ACTIVE':
            raise Failed(f'the instance {instance} is {server["status"]}')
        self.step('StartInstanceTask', f'{instance} is active', 'SUCCESS')
        return 'the instance is active'

    def compute_host(self):
        service = self.disable_service('DisableComputeServiceTask')
        # An instance may only be started elsewhere once nothing can write to its disks here.
        self.fence()
        if not service['forced_down']:
            self.change('PUT', f'/os-services/{service["id"]}', {'forced_down': True})
        moves = {move['instance_uuid']: move['status'] for move in self.claim['vmoves']}
        found = self.instances()
        new = [server for server in found if server['id'] not in moves]
        self.step('PrepareHAEnabledInstancesTask', f'{len(moves) + len(new)} instances', 'SUCCESS', tenants=[*map(tenant, new)], vmoves=[
            {'instance_uuid': server['id'], 'instance_name': server['name'], 'status': 'pending'} for server in new])
        moves.update((server['id'], 'pending') for server in new)
        failed = [instance for instance, status in moves.items() if status != 'succeeded' and not self.evacuate(instance)]
        if failed:
            raise Failed(f'{len(failed)} instances could not be moved: {", ".join(failed[:5])}')
        self.step('EvacuateInstancesTask', f'all instances of {self.host} are moved', 'SUCCESS')
        return f'{len(moves)} instances were moved'

    def instances(self):
        return self.read('/servers/detail', host=self.host, all_tenants='true')['servers']

    def fence(self):
        """Powers the host off, and proves it to Tidings."""
        fence = subprocess.run(['timeout', '-k', '10', str(PATIENCE), FENCE, self.host], capture_output=True, text=True, check=False)
        if fence.returncode != 0:
            # Nothing is moved, but these tenants are affected.
            self.tenants = [tenant(server) for server in self.instances()]
            raise Failed(f'{self.host} could not be fenced: exit {fence.returncode} {fence.stderr.strip()[-150:]}')
        self.report('PUT', 'fenced', method=os.path.basename(FENCE), evidence=fence.stdout.strip()[-200:] or 'exit 0')

    def evacuate(self, instance):
        """Moves an instance to the host that Nova picks or, by the segment's method, to a reserved one."""
        def has_moved(server):
            return server['OS-EXT-SRV-ATTR:host'] != self.host

        move, reserved = {'instance_uuid': instance, 'status': 'ongoing'}, self.claim['reserved_hosts']
        self.step('EvacuateInstancesTask', f'moving {instance}', vmoves=[move])
        try:
            server = self.wait(instance)
            if not has_moved(server):
                target = {'host': reserved[0]} if reserved and self.claim['segment']['recovery_method'] != 'auto' else {}
                self.change('POST', f'/servers/{instance}/action', {'evacuate': target})
                server = self.wait(instance, has_moved)
            self.tenants.append(tenant(server, 'recovered' if has_moved(server) else 'failed'))
            move.update(status='succeeded' if has_moved(server) else 'failed', dest_host=server['OS-EXT-SRV-ATTR:host'])
        except Failed as failed:
            move.update(status='failed', message=str(failed)[:250])
        self.report('PUT', 'progress', vmoves=[move])
        return move['status'] == 'succeeded'

    def run(self):
        recover = {'VM': self.vm, 'PROCESS': self.process, 'COMPUTE_HOST': self.compute_host}
        status, kind = 'finished', self.notification['type']
        try:
            message = recover[kind]()
        except Failed as failed:
            status, message = 'error', str(failed)[:250]
        self.report('POST', 'finish', status=status, message=message, tenants=self.tenants)
        print(f'{kind} of {self.host}: {status}: {message}', file=sys.stderr, flush=True)


def tenant(server, outcome=None):
    return {'instance_uuid': server['id'], 'project_id': server['tenant_id'], 'outcome': outcome}


def main():
    if FENCE is None:
        sys.exit('FENCE must name the program that powers a host off')
    cloud = openstack.connect()
    while True:
        answer = cloud.instance_ha.post('/notifications/claim', json={'types': ['VM', 'PROCESS', 'COMPUTE_HOST'], 'wait': 10})
        answer.raise_for_status()
        if claim := answer.json()['claim']:
            try:
                Recovery(cloud, claim).run()
            except Lost as lost:
                print('left to another engine:', lost, flush=True)


if __name__ == '__main__':
    main()
