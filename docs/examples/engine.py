#!/usr/bin/env python3
"""A recovery engine: claims failure notifications from Tidings and recovers what failed in Nova.

    OS_CLOUD=mycloud FENCE=/usr/local/sbin/fence-host engine.py

It signs in as openstacksdk does, with the role service for Tidings and admin for Nova. FENCE is a program that is given a host's
name, powers the host off, and exits with 0 only once the host is proven to be off. Run as many engines as you like, and restart
them at any time: every step looks at the state of the instance, and at what earlier engines reported, before it changes anything.
"""
import os
import subprocess
import time

import openstack

VERSION = '2.53'  # of Nova: services have ids, and can be forced down
PAUSE = float(os.environ.get('ENGINE_PAUSE', '2'))  # between two looks at an instance, in seconds
PATIENCE = float(os.environ.get('ENGINE_PATIENCE', '600'))  # for one change of an instance, in seconds


class Lost(Exception):
    """The lease is over: another engine may work on the host, so nothing may be changed any more."""


class Failed(Exception):
    """The recovery cannot go on."""


class Recovery:
    """The recovery of one notification, as long as the lease holds."""

    def __init__(self, ha, nova, claim):
        self.ha, self.nova, self.claim = ha, nova, claim
        self.payload, self.host = claim['notification']['payload'], claim['host']['name']
        self.until = time.monotonic() + claim['seconds']
        self.done = {step['name'] for step in claim['notification']['recovery_workflow_details'] if step['state'] == 'SUCCESS'}
        self.tenants = []

    def report(self, method, action, **body):
        """Reports to Tidings, which renews the lease. It counts from before the request, so that Tidings never ends it earlier."""
        began = time.monotonic()
        answer = self.ha.request(f'/notifications/{self.claim["notification"]["notification_uuid"]}/{action}', method,
                                 json={'lease': self.claim['lease'], **body}, raise_exc=False)
        if answer.status_code in (404, 409):
            raise Lost(answer.text)
        answer.raise_for_status()
        if action != 'finish':
            self.until = began + answer.json()[action]['seconds']

    def step(self, name, message, progress=0.0, state='RUNNING', **more):
        self.report('PUT', 'progress', steps=[{'name': name, 'message': message, 'progress': progress, 'state': state}], **more)

    def success(self, name, message, **more):
        self.step(name, message, 1.0, 'SUCCESS', **more)

    def change(self, method, path, body):
        """Changes something in Nova, only under the lease. Nova refuses what the state of an instance does not allow."""
        if time.monotonic() >= self.until:
            raise Lost('the lease ended by the clock')
        answer = self.nova.request(path, method, json=body, microversion=VERSION, raise_exc=False)
        if answer.status_code >= 400:
            raise Failed(f'{method} {path}: {answer.status_code} {answer.text[:200]}')

    def act(self, instance, **action):
        self.change('POST', f'/servers/{instance}/action', action)

    def server(self, instance):
        answer = self.nova.get(f'/servers/{instance}', microversion=VERSION, raise_exc=False)
        if answer.status_code == 404:
            raise Failed(f'the instance {instance} does not exist')
        answer.raise_for_status()
        return answer.json()['server']

    def wait(self, instance, reached):
        """Looks at an instance until it is so and no task runs, renewing the lease meanwhile."""
        end = time.monotonic() + PATIENCE
        while True:
            server = self.server(instance)
            if server['OS-EXT-STS:task_state'] is None and (reached(server) or server['status'] == 'ERROR'):
                return server
            if time.monotonic() >= end:
                raise Failed(f'the instance {instance} stayed {server["status"]}')
            self.report('PUT', 'progress')
            time.sleep(PAUSE)

    def tenant(self, server, outcome=None):
        return {'instance_uuid': server['id'], 'project_id': server['tenant_id'], 'outcome': outcome}

    def disable_service(self, step):
        """Keeps Nova from placing instances on the host; returns its service."""
        self.step(step, f'disabling the compute service of {self.host}')
        answer = self.nova.get('/os-services', params={'host': self.host, 'binary': 'nova-compute'}, microversion=VERSION)
        answer.raise_for_status()
        services = answer.json()['services']
        if not services:
            raise Failed(f'{self.host} has no compute service')
        if services[0]['status'] != 'disabled':
            self.change('PUT', f'/os-services/{services[0]["id"]}', {'status': 'disabled', 'disabled_reason': 'failed'})
        self.success(step, f'the compute service of {self.host} is disabled')
        return services[0]

    def process(self):
        self.disable_service('DisableComputeNodeTask')
        return 'the compute service is disabled'

    def vm(self):
        instance = self.payload['instance_uuid']
        server = self.wait(instance, lambda server: True)
        if server['metadata'].get('HA_Enabled', '').lower() not in ('true', 'yes', '1'):
            self.tenants = [self.tenant(server, 'skipped')]
            return 'the instance is not set up to be recovered'
        self.step('StopInstanceTask', f'stopping {instance}', tenants=[self.tenant(server)])
        # Once it was stopped it must not be stopped again: it may run already.
        if 'StopInstanceTask' not in self.done and server['status'] != 'SHUTOFF':
            self.act(instance, **{'os-stop': None})
            server = self.wait(instance, lambda server: server['status'] == 'SHUTOFF')
        self.success('StopInstanceTask', f'{instance} is stopped')
        self.step('StartInstanceTask', f'starting {instance}')
        if server['status'] == 'SHUTOFF':
            self.act(instance, **{'os-start': None})
            server = self.wait(instance, lambda server: server['status'] == 'ACTIVE')
        if server['status'] != 'ACTIVE':
            raise Failed(f'the instance {instance} is {server["status"]}')
        self.success('ConfirmInstanceActiveTask', f'{instance} is active')
        self.tenants = [self.tenant(server, 'recovered')]
        return 'the instance is active'

    def fence(self, service):
        """An instance may only be started elsewhere once nothing can write to its disks here."""
        done = subprocess.run([os.environ['FENCE'], self.host], capture_output=True, text=True, timeout=PATIENCE)
        if done.returncode != 0:
            raise Failed(f'{self.host} could not be fenced: {done.stderr[-200:]}')
        self.report('PUT', 'fenced', method=os.path.basename(os.environ['FENCE']), evidence=done.stdout[-200:].strip() or 'exit 0')
        if not service['forced_down']:
            self.change('PUT', f'/os-services/{service["id"]}', {'forced_down': True})

    def compute_host(self):
        self.fence(self.disable_service('DisableComputeServiceTask'))
        reserved = self.claim['reserved_hosts'] if self.claim['segment']['recovery_method'] in ('reserved_host', 'rh_priority') else []
        if self.claim['segment']['recovery_method'] == 'reserved_host' and not reserved:
            raise Failed('no reserved host is free')
        self.step('PrepareHAEnabledInstancesTask', f'listing the instances of {self.host}')
        answer = self.nova.get('/servers/detail', params={'host': self.host, 'all_tenants': 'true'}, microversion=VERSION)
        answer.raise_for_status()
        known = {move['instance_uuid'] for move in self.claim['vmoves']}
        servers = [server for server in answer.json()['servers'] if server['id'] not in known]
        moves = [{'instance_uuid': server['id'], 'instance_name': server['name'], 'status': 'pending'}
                 for server in servers]
        self.success('PrepareHAEnabledInstancesTask', f'{len(known) + len(moves)} instances', vmoves=moves,
                     tenants=[self.tenant(server) for server in servers])
        failed = [move['instance_uuid'] for move in self.claim['vmoves'] + moves
                  if move['status'] != 'succeeded' and not self.evacuate(move, reserved)]
        if failed:
            raise Failed(f'{len(failed)} instances could not be moved: {", ".join(failed[:5])}')
        self.success('EvacuateInstancesTask', f'all instances of {self.host} are moved')
        return f'{len(known) + len(moves)} instances moved'

    def evacuate(self, move, reserved):
        move = {key: move[key] for key in ('instance_uuid', 'instance_name')}
        instance = move['instance_uuid']
        self.step('EvacuateInstancesTask', f'moving {instance}', vmoves=[{**move, 'status': 'ongoing'}])
        has_moved = lambda server: server['OS-EXT-SRV-ATTR:host'] != self.host
        try:
            server = self.wait(instance, lambda server: True)
            if not has_moved(server):
                self.act(instance, evacuate={'host': reserved[0]} if reserved else {})
                server = self.wait(instance, has_moved)
            outcome, message = ('recovered', None) if has_moved(server) else ('failed', f'it is {server["status"]}')
            self.tenants.append(self.tenant(server, outcome))
        except Failed as failed:
            server, outcome, message = None, 'failed', str(failed)[:250]
        status = 'succeeded' if outcome == 'recovered' else 'failed'
        self.report('PUT', 'progress', vmoves=[{**move, 'status': status, 'message': message,
                                                'dest_host': server and server['OS-EXT-SRV-ATTR:host']}])
        return status == 'succeeded'

    def run(self):
        recover = {'VM': self.vm, 'PROCESS': self.process, 'COMPUTE_HOST': self.compute_host}
        try:
            status, message = 'finished', recover[self.claim['notification']['type']]()
        except Failed as failed:
            status, message = 'error', str(failed)
        self.report('POST', 'finish', status=status, message=message[:250], tenants=self.tenants)


def main():
    cloud = openstack.connect()
    while True:
        answer = cloud.instance_ha.post('/notifications/claim', json={'types': ['VM', 'PROCESS', 'COMPUTE_HOST'], 'wait': 10})
        answer.raise_for_status()
        if claim := answer.json()['claim']:
            try:
                Recovery(cloud.instance_ha, cloud.compute, claim).run()
            except Lost as lost:
                print('left to another engine:', lost, flush=True)


if __name__ == '__main__':
    main()
