"""Servers that misbehave."""

import contextlib
import http.client
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Stub(ThreadingHTTPServer):
    """Answers POST with what `answer(handler, body)` does, and keeps the requests."""

    daemon_threads = True

    def __init__(self, answer):
        self.bodies, self.keys, self.tokens = [], [], []
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                stub.bodies.append(body)
                stub.keys.append(self.headers["Idempotency-Key"])
                stub.tokens.append(self.headers["X-Auth-Token"])
                answer(self, body)

            def log_message(self, *_):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, *_):
        """Says nothing: clients that go away are what is tested."""


@contextlib.contextmanager
def running(answer):
    """A stub that runs."""
    with Stub(answer) as stub:
        threading.Thread(target=stub.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield stub
        stub.shutdown()


def status(code, body=b"{}", **headers):
    """Returns an answer with this status, every time."""

    def answer(handler, _body):
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def silence(event):
    """Returns an answer that does not come before the event."""

    def answer(handler, body):
        event.wait(60)
        status(201)(handler, body)

    return answer


def losing(url, lost):
    """Returns an answer that passes requests on to a server, but cuts the connection instead of the first answers."""

    def answer(handler, body):
        host = http.client.HTTPConnection(url.removeprefix("http://"), timeout=60)
        host.request("POST", handler.path, body, dict(handler.headers.items()))
        response = host.getresponse()
        content = response.read()
        host.close()
        if len(handler.server.keys) > lost:
            status(response.status, content)(handler, body)
        else:
            handler.close_connection = True

    return answer
