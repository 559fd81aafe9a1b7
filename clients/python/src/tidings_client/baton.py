"""Who may touch the batches and the spool."""

import time
from collections import deque
from contextlib import contextmanager

PAUSE = 0.002


class Baton:
    """A lock between the background thread and callers of `flush`, which may be threads or greenlets of any kind.

    It is tried again and again rather than waited for, so no scheduler is needed to wake the other. It is free most of
    the time: the background thread lays it down while it waits for the server.
    """

    def __init__(self):
        self._token = deque([None])

    def __enter__(self):
        while not self.grab():
            time.sleep(PAUSE)
        return self

    def __exit__(self, *_):
        self._token.append(None)

    @contextmanager
    def before(self, deadline):
        """Takes it if it becomes free before the deadline; says whether it did."""
        while not (is_mine := self.grab()) and time.monotonic() < deadline:
            time.sleep(PAUSE)
        try:
            yield is_mine
        finally:
            if is_mine:
                self._token.append(None)

    def grab(self):
        """Takes it if it is free."""
        try:
            self._token.pop()
        except IndexError:
            return False
        return True
