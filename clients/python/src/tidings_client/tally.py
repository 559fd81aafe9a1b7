"""Counts without a lock."""

from itertools import count


class Tally:
    """A counter for callers that may be threads, greenlets or signal handlers: none of them may wait for another.

    `next` of a `count` is one step of the interpreter. Reading takes a step too, and so does counting the reads: their
    difference is exact once callers are at rest.
    """

    def __init__(self):
        self._steps = count()
        self._reads = count()

    def add(self):
        """Counts one."""
        next(self._steps)

    def value(self):
        """Returns the count."""
        return next(self._steps) - next(self._reads)
