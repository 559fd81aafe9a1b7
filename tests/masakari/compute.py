"""The compute service of tests/engine, with what Masakari's and openstacksdk's functional tests ask for besides.

    compute.py      serves two hosts; prints its URL
"""
import signal

from nova import Handler, Nova

HOSTS = ('compute1', 'compute2')
FLAVOR = {'id': '1', 'name': 'm1.tiny', 'ram': 512, 'disk': 1, 'vcpus': 1}
IMAGE = {'id': '3a5ce65b-8df5-4e29-9d4d-38fa7270c013', 'name': 'cirros', 'status': 'ACTIVE'}


class Compute(Nova):
    """A cloud on which servers can be booted."""

    def __init__(self):
        super().__init__()
        self.RequestHandlerClass = Calls
        for host in HOSTS:
            self.add_host(host)

    def hypervisors(self):
        return [{'id': service['id'], 'hypervisor_hostname': host, 'state': service['state'], 'status': service['status']}
                for host, service in self.services.items()]

    def boot(self, wanted):
        """Begins to boot a server on the first host."""
        server = self.servers[self.add_server(HOSTS[0], 'BUILD', wanted.get('metadata', {}))]
        server.update({'name': wanted['name'], 'OS-EXT-STS:task_state': 'spawning', 'then': {'status': 'ACTIVE'}, 'left': 2})
        return server


class Calls(Handler):
    def respond(self, nova, parts, query, body):
        match self.command, parts:
            case 'GET', ['os-hypervisors', *_]:
                return 200, {'hypervisors': nova.hypervisors()}
            case 'GET', ['flavors', 'detail']:
                return 200, {'flavors': [FLAVOR]}
            case 'GET', ['images', 'detail']:
                return 200, {'images': [IMAGE]}
            case 'GET', ['os-services'] if 'host' not in query:
                return 200, {'services': list(nova.services.values())}
            case 'POST', ['servers']:
                return 202, {'server': nova.read(nova.boot(body['server']))}
            case 'DELETE', ['servers', identity] if nova.servers.pop(identity, None):
                return 204, None
        return super().respond(nova, parts, query, body)

    do_DELETE = Handler.handle_call


if __name__ == '__main__':
    print(Compute().url, flush=True)
    signal.pause()
