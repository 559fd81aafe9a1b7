"""What differs where eventlet or gevent have replaced threads by greenlets."""

import os
import socket
import sys
import threading
from contextlib import suppress

#: How often a greenlet that waits for a disk looks whether it has missed the end, in seconds.
LOOK = 0.2


def wait_for_disk(function, *arguments):
    """Calls a function that may wait for the disk.

    With eventlet or gevent, all greenlets of a process stand still while one of them waits for a disk: for those, the
    call is made in a new thread of the operating system, and only the greenlet that asked for it waits. A new one each
    time, so that nothing has to be repaired after a fork; it happens seldom unless the server is unavailable or slow.
    The function must not log, nor use any lock of `threading`.
    """
    start = _native_start()
    if start is None:
        return function(*arguments)
    outcome = []
    try:
        ears, button = socket.socketpair()
    except OSError:
        # Out of file descriptors: better to stand still for a moment than not to write.
        return function(*arguments)
    # The thread alone closes its end, so it never writes into a file that has the number by then.
    end = button.detach()

    def work():
        try:
            outcome.append((function(*arguments), None))
        except BaseException as error:
            outcome.append((None, error))
        finally:
            with suppress(OSError):
                os.write(end, b"!")
            os.close(end)

    with ears:
        # A child that is forked meanwhile stops its copy of this wait, and with eventlet the parent's with it.
        ears.settimeout(LOOK)
        try:
            start(work, ())
        except RuntimeError:
            # Out of threads.
            os.close(end)
            return function(*arguments)
        while not outcome:
            with suppress(OSError):  # which includes the timeout
                ears.recv(1)
    ((result, error),) = outcome
    if error is not None:
        raise error
    return result


def can_start():
    """Whether the recorder's thread may be started from here.

    A greenlet runs in the operating system's thread that starts it. The hub runs in the main thread: in any other, such
    as one of a pool for drivers, a greenlet would stop as soon as the call that started it has returned. Nor may the
    recorder run in a thread of the operating system there: it logs, and the locks of logging are greenlets' locks, with
    which two such threads can block the whole process.
    """
    return _native_start() is None or _is_main()


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


def _is_main():
    """Whether this is the main thread of the operating system."""
    if sys.platform == "linux":
        # What `threading` says of the main thread is the parent's after a fork.
        return threading.get_native_id() == os.getpid()
    return threading.get_native_id() == threading.main_thread().native_id


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
