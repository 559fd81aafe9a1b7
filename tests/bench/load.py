"""Puts load on a server (with wrk) and on the store, and returns the measurements."""

import json
import pathlib
import signal
import subprocess
from dataclasses import dataclass

from databases import environment

SCRIPT = pathlib.Path(__file__).with_name('wrk.lua')


@dataclass
class Load:
    """What a load came to: requests a second, and the times that 50 % and 99 % of them took at most."""

    rate: float
    p50_ms: float
    p99_ms: float
    max_ms: float
    requests: int
    cpu_micros: float = 0.0


class Wrk:
    """Requests sent in turn over so many connections, by one thread. Begins at once; `finish` or `stop` ends it."""

    def __init__(self, server, requests, clients, seconds):
        command = ['wrk', '-t1', f'-c{clients}', f'-d{seconds}s', '--timeout', '30s', '-s', SCRIPT, server.url, '--', requests]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def finish(self):
        errors = self.process.communicate()[1].strip()
        try:
            result = json.loads(errors.splitlines()[-1])
        except (IndexError, ValueError):
            raise SystemExit(f'wrk failed: {errors}') from None
        if result['refused'] or result['broken'] or not result['requests']:
            raise SystemExit(f'requests failed: {result}')
        return Load(result['requests'] * 1e6 / result['micros'], result['p50'] / 1000, result['p99'] / 1000,
                    result['max'] / 1000, result['requests'])

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        return self.finish()


def measure(server, requests, clients, seconds):
    """Runs a load to its end and adds the processor time that the server spent on each request."""
    before = server.cpu_seconds()
    load = Wrk(server, requests, clients, seconds).finish()
    load.cpu_micros = (server.cpu_seconds() - before) * 1e6 / load.requests
    server.empty_log()
    return load


def inserts(program, url, clients, seconds):
    """What the store records without HTTP, for so many clients: messages a second, and the times that they took."""
    command = [program.store, str(clients), str(seconds)]
    return json.loads(subprocess.run(command, env=environment(url), check=True, capture_output=True, text=True,
                                     cwd=program.work).stdout)


def write_requests(path, server, requests, accept='*/*'):
    """Writes requests (method, path, token, body) to a file for `Wrk`."""
    host = server.url.removeprefix('http://')
    with open(path, 'wb') as file:
        for number, (method, target, token, body) in enumerate(requests):
            head = f'{method} {target} HTTP/1.1\r\nHost: {host}\r\nAccept: {accept}\r\n'
            if token is not None:
                head += f'X-Auth-Token: {token}\r\n'
            if body is not None:
                head += f'Content-Type: application/json\r\nContent-Length: {len(body)}\r\n'
            file.write((b'\0' if number else b'') + f'{head}\r\n{body or ""}'.encode())
