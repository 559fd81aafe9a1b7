"""When to try again."""

import random
from dataclasses import dataclass
from enum import Enum

#: The longest wait that a server's `Retry-After` can ask for, in seconds.
LONGEST_RETRY_AFTER = 3600.0


class Wait(Enum):
    """How long to wait after a failure."""

    #: Longer with each consecutive failure.
    BACKOFF = "backoff"
    #: The longest backoff at once: trying soon cannot help, as with a wrong password.
    SLOW = "slow"


@dataclass(frozen=True)
class Backoff:
    """The bounds of the wait, in seconds."""

    first: float
    longest: float

    def delay(self, wait, failures):
        """Returns the wait after this many consecutive failures.

        Instead of a `Wait`, `wait` may be the seconds that the server asks for. The result is random within its upper
        half, so that many services do not come back at the same moment.
        """
        if wait is Wait.BACKOFF:
            return _jittered(min(self.first * 2 ** min(failures - 1, 60), self.longest))
        if wait is Wait.SLOW:
            return _jittered(self.longest)
        return min(wait, LONGEST_RETRY_AFTER) + _jittered(self.first)


class Health:
    """Whether something is up, judged by the latest attempts: the server as a whole, or what it says to one project."""

    def __init__(self, backoff):
        self._backoff = backoff
        self._failures = 0
        self.retry_at = None

    @property
    def is_up(self):
        """Whether the latest attempt was answered."""
        return self.retry_at is None

    def may_try(self, now):
        """Whether it is time for an attempt."""
        return self.retry_at is None or self.retry_at <= now

    def failed(self, wait, now):
        """Notes a failure. Returns True if it is the first one."""
        was_up = self.is_up
        self._failures += 1
        self.retry_at = now + self._backoff.delay(wait, self._failures)
        return was_up

    def answered(self):
        """Notes a success. Returns True if it was down before."""
        was_down = not self.is_up
        self._failures, self.retry_at = 0, None
        return was_down


def _jittered(seconds):
    return seconds * random.uniform(0.5, 1.0)
