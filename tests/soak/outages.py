"""Silent outages: a firewall between Tidings and its database drops all existing connections and allows new ones. Run by
tests/soak/run in the network of the client, see there.

    outages.py TIDINGS FIREWALL N SEED      FIREWALL: the network namespace that passes packets on

The server uses the database of $OS_DATABASE__CONNECTION. Outages come at random moments, half of them while messages are
recorded and listed. After each a message must be recorded and found within BACK seconds; at the end every message
answered with 201 must exist.
"""
import concurrent.futures
import json
import os
import random
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

BACK = 90
CLIENTS = 12


def request(port, path, body=None):
    """Returns the status and JSON of an answer; status 0 for none."""
    headers = {'Content-Type': 'application/json'}
    asked = urllib.request.Request(f'http://127.0.0.1:{port}{path}', body and json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(asked, timeout=60) as answer:
            return answer.status, json.loads(answer.read() or 'null')
    except urllib.error.HTTPError as error:
        return error.code, None
    except OSError:
        return 0, None


def record(port):
    """Records a message; returns its id or None."""
    status, answer = request(port, '/v3/demo/messages', {'message': {'event_id': 'VOLUME_000002'}})
    return answer['message']['id'] if status == 201 else None


class Load:
    """Clients that record and list without a pause."""

    def __init__(self, port):
        self.port, self.made, self.is_over = port, [], threading.Event()
        self.clients = [threading.Thread(target=self.run) for _ in range(CLIENTS)]
        for client in self.clients:
            client.start()

    def run(self):
        while not self.is_over.is_set():
            if made := record(self.port):
                self.made.append(made)
            request(self.port, '/v3/demo/messages?limit=5&resource_uuid=none')

    def stop(self):
        self.is_over.set()
        for client in self.clients:
            client.join()
        return self.made


def forget(firewall, forgotten):
    """Makes the firewall drop all packets of existing connections to the database; returns the number of new ones."""
    shown = subprocess.run(['ss', '-Htn', 'state', 'established'], check=True, capture_output=True, text=True).stdout
    local = [line.split()[2] for line in shown.splitlines()]
    ports = {address.rsplit(':', 1)[1] for address in local if not address.startswith('127.')} - forgotten
    forgotten |= ports
    for port in ports:
        for side in ('sport', 'dport'):
            subprocess.run(['ip', '-n', firewall, 'rule', 'add', 'pref', '10', 'ipproto', 'tcp', side, port, 'blackhole'],
                           check=True)
    return len(ports)


def outage(port, firewall, forgotten, chance):
    """Causes an outage; returns whether there was load, the lost connections, the seconds until the server was back, and the
    recorded messages."""
    load = Load(port) if chance.random() < 0.5 else None
    time.sleep(chance.uniform(0.5, 6))
    lost, began = forget(firewall, forgotten), time.monotonic()
    made = None
    while made is None or request(port, f'/v3/demo/messages/{made}')[0] != 200:
        if time.monotonic() - began > BACK:
            sys.exit(f'{BACK} s after its connections were lost the server does not answer')
        made = record(port)
    took = time.monotonic() - began
    return load is not None, lost, took, [made, *(load.stop() if load else [])]


def stored(port):
    """Returns the ids of all messages."""
    ids, path = set(), '/v3/demo/messages?limit=1000'
    while path:
        status, answer = request(port, path)
        if status != 200:
            sys.exit(f'{path}: {status}')
        ids |= {message['id'] for message in answer['messages']}
        links = answer.get('messages_links')
        path = links and '/v3/' + links[0]['href'].split('/v3/', 1)[1]
    return ids


def main():
    tidings, firewall, count, seed = sys.argv[1:]
    chance = random.Random(int(seed))
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        port = probe.getsockname()[1]
    subprocess.run([tidings, 'db', 'migrate'], check=True)
    server = subprocess.Popen([tidings, 'serve', '--bind', f'127.0.0.1:{port}'])
    try:
        while request(port, '/v3/demo/messages')[0] != 200:
            if server.poll() is not None:
                sys.exit('the server did not come up')
            time.sleep(0.1)
        made, slowest, forgotten = [], 0, set()
        for number in range(1, int(count) + 1):
            is_loaded, lost, took, ids = outage(port, firewall, forgotten, chance)
            made, slowest = made + ids, max(slowest, took)
            print(f'outage {number}: {lost} connections lost {"under load" if is_loaded else "at rest"}, back after {took:.1f} s',
                  flush=True)
        if missing := set(made) - stored(port):
            sys.exit(f'{len(missing)} messages were answered with 201 and are lost')
        print(f'{count} outages, back after {slowest:.1f} s at most, {len(made)} messages, none lost')
    finally:
        server.terminate()
        status = server.wait(60)
    sys.exit(status)


main()
