"""Who may touch the batches and the spool."""

import time
from collections import deque

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

    def grab(self):
        """Takes it if it is free."""
        try:
            self._token.pop()
        except IndexError:
            return False
        return True
