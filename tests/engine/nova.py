"""A compute service with the calls that a recovery engine makes, and the power of its hosts. It counts every effect, and refuses what
Nova refuses: stopping what is stopped, evacuating from a host whose service is up, acting on an instance with a task.
"""
import http.server
import json
import threading
import uuid
from collections import Counter
from urllib.parse import parse_qs, urlsplit

PROJECT = 'c0ffee00c0ffee00c0ffee00c0ffee00'


class Nova(http.server.ThreadingHTTPServer):
    def __init__(self):
        super().__init__(('127.0.0.1', 0), Handler)
        self.url = f'http://127.0.0.1:{self.server_port}'
        self.lock = threading.Lock()
        self.servers, self.services, self.powered = {}, {}, {}
        self.effects, self.faults = Counter(), []
        # Reads of an instance until its task ends.
        self.lasting = 1
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, *_):
        """Engines that are killed break off their requests."""

    def add_host(self, name):
        self.powered[name] = True
        self.services[name] = {'id': str(uuid.uuid4()), 'host': name, 'binary': 'nova-compute', 'status': 'enabled', 'state': 'up',
                               'forced_down': False}

    def add_server(self, host, status='ACTIVE', metadata=None):
        identity = str(uuid.uuid4())
        self.servers[identity] = {
            'id': identity, 'name': f'vm-{identity[:4]}', 'status': status, 'tenant_id': PROJECT,
            'metadata': {'HA_Enabled': 'True'} if metadata is None else metadata,
            'OS-EXT-STS:task_state': None, 'OS-EXT-SRV-ATTR:host': host, 'then': {}, 'left': 0}
        return identity

    def read(self, server):
        """Ends the task of an instance once it was looked at often enough."""
        if server['left'] > 0:
            server['left'] -= 1
            if server['left'] == 0:
                server.update(server['then'], **{'OS-EXT-STS:task_state': None})
        return {key: value for key, value in server.items() if key not in ('then', 'left')}

    def act(self, server, action, body):
        """Begins a task; returns a status of HTTP."""
        host = server['OS-EXT-SRV-ATTR:host']
        if server['OS-EXT-STS:task_state'] is not None:
            return 409
        if action == 'os-stop' and server['status'] == 'ACTIVE':
            task, then = 'powering-off', {'status': 'SHUTOFF'}
        elif action == 'os-start' and server['status'] == 'SHUTOFF':
            task, then = 'powering-on', {'status': 'ACTIVE'}
        elif action == 'evacuate' and self.services[host]['forced_down']:
            if self.powered[host]:
                self.faults.append(f'{server["id"]} was evacuated from {host}, which is on')
            others = [name for name in self.services if name != host and self.powered[name]]
            task, then = 'rebuilding', {'OS-EXT-SRV-ATTR:host': (body or {}).get('host') or others[0]}
        else:
            return 409
        self.effects[action, server['id']] += 1
        server.update({'OS-EXT-STS:task_state': task, 'then': then, 'left': self.lasting + 1})
        return 202


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def answer(self, status, body=None):
        text = b'' if status == 204 else json.dumps(body or {}).encode()
        self.send_response(status)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def handle_call(self):
        nova, url = self.server, urlsplit(self.path)
        parts = [part for part in url.path.split('/') if part]
        length = int(self.headers.get('Content-Length') or 0)
        body = json.loads(self.rfile.read(length)) if length else {}
        with nova.lock:
            self.answer(*self.respond(nova, parts, parse_qs(url.query), body))

    def respond(self, nova, parts, query, body):
        match self.command, parts:
            case 'GET', []:
                return 200, {'version': {'id': 'v2.1', 'status': 'CURRENT', 'version': '2.53', 'min_version': '2.1',
                                         'links': [{'rel': 'self', 'href': nova.url}]}}
            case 'GET', ['servers', 'detail']:
                return 200, {'servers': [nova.read(server) for server in nova.servers.values()
                                         if server['OS-EXT-SRV-ATTR:host'] == query['host'][0]]}
            case 'GET', ['servers', identity] if identity in nova.servers:
                return 200, {'server': nova.read(nova.servers[identity])}
            case 'POST', ['servers', identity, 'action'] if identity in nova.servers:
                [(action, argument)] = body.items()
                return (nova.act(nova.servers[identity], action, argument),)
            case 'GET', ['os-services']:
                return 200, {'services': [service for service in nova.services.values() if service['host'] == query['host'][0]]}
            case 'PUT', ['os-services', identity]:
                service = next(service for service in nova.services.values() if service['id'] == identity)
                for key in ('status', 'forced_down'):
                    if key in body:
                        nova.effects[key, service['host']] += 1
                        service[key] = body[key]
                return 200, {'service': service}
            case 'PUT', ['power', host]:
                nova.effects['power', host] += nova.powered[host]
                nova.powered[host] = False
                return 200, {'power': 'off'}
        return 404, {'itemNotFound': {'code': 404, 'message': self.path}}

    do_GET = do_POST = do_PUT = handle_call

    def log_message(self, *_):
        pass
