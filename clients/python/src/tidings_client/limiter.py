"""Keeps equal warnings from filling a log, and logins from following each other."""

import time

#: Seconds between two warnings of one kind. Counters account for the others.
WARN_EVERY = 10.0


class Limiter:
    """Lets the first of many equal warnings pass, and another one after a while."""

    def __init__(self):
        self._next = 0.0

    def passes(self):
        """Whether a warning may be logged now."""
        now = time.monotonic()
        if now < self._next:
            return False
        self._next = now + WARN_EVERY
        return True
