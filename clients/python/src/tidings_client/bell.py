"""Wakes the background thread."""

# Unlike those of `socket`, its sockets belong to no hub of gevent or eventlet, so any thread may use them.
import _socket
import socket
from contextlib import suppress


class Bell:
    """A pair of sockets: a caller writes a byte, and the thread reads it.

    Unlike an `Event`, it wakes the thread from other threads, greenlets, signal handlers and finalizers alike: the
    byte goes through the operating system, and the reader is woken by its own scheduler.
    """

    def __init__(self):
        self._ears, self._button = _socket.socketpair()
        self._button.setblocking(False)
        self._rung = False

    def ring(self):
        """Wakes the thread, now or when it next waits."""
        if not self._rung:
            self._rung = True
            with suppress(OSError):
                self._button.send(b"!")

    def listen(self):
        """Prepares for `wait`, in the thread that calls it: a socket of gevent belongs to the one that made it."""
        self._ears = socket.socket(fileno=self._ears.detach())

    def wait(self, seconds):
        """Waits until the bell rings, or for this time."""
        self._ears.settimeout(max(seconds, 0.001))
        with suppress(OSError):  # which includes the timeout
            self._ears.recv(1024)
        # Only now: what a caller left before it saw the bell as rung is found by what follows.
        self._rung = False

    def close(self):
        """Closes the sockets; ringing does nothing any more."""
        # First, so that no later ring touches a descriptor that may have become another file's.
        self._rung = True
        self._ears.close()
        self._button.close()
