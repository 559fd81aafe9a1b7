"""A Nova with hypervisors and nothing else: what Masakari's functional tests of segments and hosts ask for.

    nova.py PORT
"""

import http.server
import json
import sys

HYPERVISORS = [
    {
        'id': f'3a5ce65b-8df5-4e29-9d4d-38fa7270c01{number}',
        'hypervisor_hostname': f'compute{number}',
        'state': 'up',
        'status': 'enabled',
        'servers': [],
    }
    for number in (1, 2)
]


class Nova(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def do_GET(self):
        path = self.path.split('?')[0].rstrip('/')
        base = f'http://{self.headers["Host"]}/v2.1/'
        version = {
            'id': 'v2.1',
            'status': 'CURRENT',
            'version': '2.96',
            'min_version': '2.1',
            'links': [{'rel': 'self', 'href': base}],
        }
        known = {
            '': {'versions': [version]},
            '/v2.1': {'version': version},
            '/v2.1/os-hypervisors': {'hypervisors': HYPERVISORS},
            '/v2.1/os-hypervisors/detail': {'hypervisors': HYPERVISORS},
        }
        body = json.dumps(known.get(path, {'itemNotFound': {'code': 404, 'message': path}})).encode()
        self.send_response(200 if path in known else 404)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(('127.0.0.1', int(sys.argv[1])), Nova).serve_forever()
