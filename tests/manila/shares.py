"""Manila without messages: share types, and shares that no storage system can take. It records why in the server at $TIDINGS_URL, and
passes everything else on to it, as a proxy in front of Manila does.

    shares.py      prints its URL
"""

import http.client
import http.server
import itertools
import json
import os
import re
import signal
import threading
import uuid
from urllib.parse import urlsplit

import document
from recording import Recording

# The paths that the proxy of docs/shares.md routes to Tidings. Discovery of Manila is the same.
MESSAGES = re.compile(re.search(r'path_reg (\S+)', document.block('docs/shares.md', 'haproxy')).group(1))

# Manila's scheduler says which filter left no host. All of these texts begin alike.
DETAILS = itertools.cycle(['002', '007', '008', '009', '010', '011', '012', '013', '014', '016', '028'])


class Shares(http.server.ThreadingHTTPServer):
    def __init__(self):
        super().__init__(('127.0.0.1', 0), Handler)
        self.url = f'http://127.0.0.1:{self.server_port}'
        self.tidings = urlsplit(os.environ['TIDINGS_URL']).netloc
        self.manila = Recording()
        self.lock = threading.Lock()
        self.rows = {'shares': {}, 'types': {}}
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, *_):
        """Clients may break off their requests."""

    def pass_on(self, method, path, body, headers):
        connection = http.client.HTTPConnection(self.tidings, timeout=60)
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.getheaders(), answer.read()

    def fail(self, project, share):
        """Ends the creation of a share, as nothing can take it."""
        self.manila.record(project, detail=next(DETAILS), resource_uuid=share['id'])
        share['status'] = 'error'


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *_):
        pass

    def answer(self, status, headers, text):
        self.send_response(status)
        for name, value in headers:
            if name.lower() not in ('connection', 'content-length', 'transfer-encoding', 'date', 'server'):
                self.send_header(name, value)
        self.send_header('Content-Length', str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def handle_call(self):
        body = self.rfile.read(int(self.headers.get('Content-Length') or 0))
        parts = [part for part in urlsplit(self.path).path.split('/') if part]
        if MESSAGES.match('/' + '/'.join(parts)) or not parts[2:]:
            # The links of the answer lead here.
            self.answer(*self.server.pass_on(self.command, self.path, body, dict(self.headers.items())))
        else:
            with self.server.lock:
                status, value = self.respond(parts[1], parts[2], parts[3:], body)
            headers = [('Content-Type', 'application/json'), ('X-Compute-Request-ID', f'req-{uuid.uuid4()}')]
            # The plugin takes the answer to a deletion for JSON unless it is empty.
            self.answer(status, headers, b'' if value is None else json.dumps(value).encode())

    def respond(self, project, kind, rest, body):
        rows, name = self.server.rows.get(kind, {}), {'shares': 'share', 'types': 'share_type'}.get(kind)
        match self.command, rest:
            case 'POST', [] if name:
                row = {**json.loads(body)[name], 'id': str(uuid.uuid4())}
                rows[row['id']] = row
                if kind == 'shares':
                    row.update(status='creating', project_id=project)
                    self.server.fail(project, row)
                return 200, {name: row}
            case 'GET', [identity] if identity in rows:
                return 200, {name: rows[identity]}
            case 'DELETE', [identity] if rows.pop(identity, None):
                return 202, None
        return 404, {'itemNotFound': {'code': 404, 'message': 'The resource could not be found.'}}

    do_GET = do_POST = do_PUT = do_DELETE = handle_call


if __name__ == '__main__':
    print(Shares().url, flush=True)
    signal.pause()
