"""Runs the engine and kills or stops it after the answer to its N-th request since a claim: faulty.py ENGINE N KILL|STOP.

A stopped engine goes on at SIGCONT, as after a long pause of its host. With N = 0 it ends after one recovery and prints the number
of its requests.
"""
import os
import runpy
import signal
import sys

from keystoneauth1 import session

engine, last, name = sys.argv[1], int(sys.argv[2]), sys.argv[3]
request, count = session.Session.request, 0


def counted(self, url, method, *arguments, **options):
    global count
    answer = request(self, url, method, *arguments, **options)
    # Discovery, and waiting for work, are no steps.
    is_work = '/notifications/' in url or '/servers/' in url or '/os-services' in url
    if is_work and not (url.endswith('/claim') and answer.json()['claim'] is None):
        count += 1
        if count == last:
            os.kill(os.getpid(), getattr(signal, f'SIG{name}'))
        if last == 0 and url.endswith('/finish'):
            print(count, flush=True)
            os._exit(0)
    return answer


session.Session.request = counted
sys.argv = [engine]
runpy.run_path(engine, run_name='__main__')
