"""As much of an image service as Cinder needs to begin an upload: images are created, shown and deleted, and hold nothing."""

import http.server
import json
import threading
import uuid


class Images:
    def __init__(self):
        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Answers)
        self.url = f'http://127.0.0.1:{self.server.server_port}'
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path.startswith('/v2/schemas/'):
            properties = {name: {'type': 'string'} for name in image('')}
            self.answer(200, {'name': 'image', 'properties': properties, 'additionalProperties': True})
        else:
            self.answer(200, image(self.path.rsplit('/', 1)[1]))

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers['Content-Length'])))
        self.answer(201, asked | image(str(uuid.uuid4())))

    def do_DELETE(self):
        self.answer(204)

    def answer(self, status, body=None):
        self.send_response(status)
        text = b''
        if body is not None:
            text = json.dumps(body).encode()
            self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


def image(id):
    return {'id': id, 'status': 'queued', 'visibility': 'public', 'container_format': 'bare', 'disk_format': 'raw'}
