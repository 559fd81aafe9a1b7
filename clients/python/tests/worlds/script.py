"""Run by test_worlds.py in a process of its own: WORLD ENDPOINT SPOOL PROJECT SCENARIO, then ids of requests.

Prints the results of the scenario as JSON.
"""

import sys

WORLD, ENDPOINT, SPOOL, PROJECT, SCENARIO, *REQUESTS = sys.argv[1:]

if WORLD == "eventlet":
    import eventlet

    eventlet.monkey_patch()
elif WORLD == "gevent":
    import gevent.monkey

    gevent.monkey.patch_all()

import fcntl  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
import pathlib  # noqa: E402
import threading  # noqa: E402
import time  # noqa: E402
import types  # noqa: E402

from tidings_client import Recorder  # noqa: E402


def recorder(**settings):
    return Recorder(ENDPOINT, spool=SPOOL, backoff=(0.01, 0.1), **settings)


def record(one, requests):
    for request in requests:
        one.record(PROJECT, "VOLUME_000002", request_id=request)


def until(condition):
    while not condition():
        time.sleep(0.01)


def in_native_thread(function):
    """Calls a function in a thread of the operating system, as services call storage drivers."""
    if WORLD == "eventlet":
        from eventlet import tpool

        tpool.execute(function)
    elif WORLD == "gevent":
        import gevent

        gevent.get_hub().threadpool.apply(function)
    else:
        thread = threading.Thread(target=function)
        thread.start()
        thread.join()


def threads():
    """Several threads, or greenlets, record at the same time."""
    one = recorder()
    workers = [threading.Thread(target=record, args=(one, REQUESTS[n::4])) for n in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return {"flushed": one.flush(60), "delivered": one.stats().delivered}


def driver():
    """Only a driver records, in a thread of the operating system, and waits for its messages to be sent."""
    one = recorder()
    in_native_thread(lambda: record(one, REQUESTS))
    in_native_thread(lambda: one.flush(60))
    until(lambda: one.stats().delivered == len(REQUESTS))
    return {"delivered": one.stats().delivered}


def made_by_driver():
    """A driver makes the recorder, in a thread of the operating system; others use it."""
    made = []
    in_native_thread(lambda: made.append(recorder()))
    record(made[0], REQUESTS)
    until(lambda: made[0].stats().delivered == len(REQUESTS))
    return {"delivered": made[0].stats().delivered}


def own_call():
    """The main thread makes Cinder's object, from the configuration; a driver calls it."""
    from oslo_config import cfg

    from tidings_client import options, shared
    from tidings_client.cinder import message_api

    cfg.CONF([], project="cinder", default_config_files=[])
    options.register(cfg.CONF)
    cfg.CONF.set_override("endpoint_override", ENDPOINT, "tidings")
    api = message_api.API()

    def call():
        for request in REQUESTS:
            context = types.SimpleNamespace(project_id=PROJECT, request_id=request)
            api.create(context, ("002", "attach volume"))

    in_native_thread(call)
    until(lambda: shared.recorder().stats().delivered == len(REQUESTS))
    return {"delivered": shared.recorder().stats().delivered}


def slow_disk():
    """Locks, reads and deletions take a while each; counts what a greenlet does meanwhile."""
    ticks, during = [], {}

    def slow(owner, name):
        whole = getattr(owner, name)

        def call(*arguments, **options):
            before = len(ticks)
            native_sleep()(0.2)
            during.setdefault(name, len(ticks) - before)
            return whole(*arguments, **options)

        setattr(owner, name, call)

    def tick():
        while len(during) < 3:
            ticks.append(None)
            time.sleep(0.005)

    ticking = threading.Thread(target=tick)
    ticking.start()
    until(lambda: ticks)
    slow(fcntl, "flock")
    slow(pathlib.Path, "read_bytes")
    slow(pathlib.Path, "unlink")
    one = recorder(linger=0)
    record(one, REQUESTS)
    until(lambda: one.stats().spooled)
    # A file that turns out to be gone is deleted, too, so that its space counts as free.
    for path in pathlib.Path(SPOOL).rglob("*.batch"):
        os.remove(path)
    ticking.join()
    return during


def native_sleep():
    if WORLD == "eventlet":
        return __import__("eventlet").patcher.original("time").sleep
    if WORLD == "gevent":
        return __import__("gevent.monkey").monkey.get_original("time", "sleep")
    return time.sleep


def fork():
    """A process that has recorded, and waits for an answer, makes children; each records, and so does the parent."""
    one = recorder()
    record(one, REQUESTS[:10])
    # While the thread is at work, and before it was ever started in the child.
    children = [os.fork() or child(one, REQUESTS[10 * n : 10 * n + 10]) for n in (1, 2)]
    record(one, REQUESTS[30:])
    flushed = one.flush(60)
    codes = [os.waitpid(pid, 0)[1] for pid in children]
    until(lambda: one.stats().spooled == 0)
    return {"flushed": flushed, "codes": codes, "recorded": one.stats().recorded}


def child(one, requests):
    record(one, requests)
    is_well = one.flush(60) and one.stats().recorded == len(requests)
    until(lambda: one.stats().spooled == 0)
    os._exit(0 if is_well else 1)


def stall():
    """The server does not answer, and the disk takes a second; the other greenlets go on all the while."""
    sync, syncs, ticks = os.fsync, [], []

    def slow_sync(descriptor):
        native_sleep()(1)
        syncs.append(len(ticks))
        sync(descriptor)

    def tick():
        while len(syncs) < 2:
            ticks.append(None)
            time.sleep(0.005)

    os.fsync = slow_sync
    one = recorder(queue=100, request_timeout=0.2)
    ticking = threading.Thread(target=tick)
    ticking.start()
    before = time.monotonic()
    record(one, REQUESTS)
    took = time.monotonic() - before
    ticking.join()
    os.fsync = sync
    return {"took": took, "ticks": syncs[1] - syncs[0]}


print(json.dumps(globals()[SCENARIO]()), flush=True)
if SCENARIO in ("stall", "slow_disk"):
    # The end would wait for the server.
    os._exit(0)
