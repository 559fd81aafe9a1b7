"""What differs where eventlet or gevent have replaced threads by greenlets."""

import os
import socket
import sys


def wait_for_disk(function, *arguments):
    """Calls a function that may wait for the disk.

    With eventlet or gevent, all greenlets of a process stand still while one of them waits for a disk: for those, the
    call is made in a new thread of the operating system, and only the greenlet that asked for it waits. A new one each
    time, so that nothing has to be repaired after a fork; it happens only while the server is unavailable or slow.
    """
    start = _native_start()
    if start is None:
        return function(*arguments)
    outcome = []
    ears, button = socket.socketpair()

    def work():
        try:
            outcome.append((function(*arguments), None))
        except BaseException as error:
            outcome.append((None, error))
        finally:
            os.write(button.fileno(), b"!")

    try:
        start(work, ())
        ears.recv(1)
    finally:
        ears.close()
        button.close()
    ((result, error),) = outcome
    if error is not None:
        raise error
    return result


def is_green():
    """Whether the threads of this process are greenlets."""
    return _native_start() is not None


def ender():
    """Returns a function that ends the calling greenlet, soon and silently; in a thread, it does nothing.

    A thread does not come along when its process forks, but a greenlet does: it would go on in the child as well, and
    read from the parent's connections.
    """
    if _has_eventlet():
        from eventlet import getcurrent, hubs

        current = getcurrent()
        return lambda: hubs.get_hub().schedule_call_global(0, current.throw, SystemExit)
    if _has_gevent():
        from gevent import getcurrent

        current = getcurrent()
        return lambda: current.kill(SystemExit, block=False)
    return lambda: None


def _native_start():
    """Returns the function that starts a thread of the operating system if `threading` makes greenlets instead."""
    if _has_eventlet():
        return sys.modules["eventlet.patcher"].original("_thread").start_new_thread
    if _has_gevent():
        return sys.modules["gevent.monkey"].get_original("_thread", "start_new_thread")
    return None


def _has_eventlet():
    patcher = sys.modules.get("eventlet.patcher")
    return patcher is not None and patcher.is_monkey_patched("thread")


def _has_gevent():
    monkey = sys.modules.get("gevent.monkey")
    return monkey is not None and monkey.is_module_patched("threading")
