"""Where callers leave their messages for the background thread."""

from collections import deque
from itertools import repeat


class Inbox:
    """A bounded queue without a lock.

    A lock of `threading` is not enough here: where eventlet or gevent have replaced it, it must not be shared with
    threads of the operating system, such as those that run storage drivers. The ends of a deque need none. A message
    takes a slot when it comes, and gives it back when it has left this process's memory, however far it got.
    """

    def __init__(self, capacity):
        self._capacity = capacity
        self._slots = deque(repeat(None, capacity))
        self._items = deque()

    def put(self, item):
        """Adds an item; returns False if the memory for messages is used up."""
        try:
            self._slots.pop()
        except IndexError:
            return False
        self._items.append(item)
        return True

    def take(self):
        """Yields what has come so far; it keeps its slots."""
        for _ in range(len(self._items)):
            yield self._items.popleft()

    def free(self, slots):
        """Gives back the slots of messages that are no longer in memory."""
        self._slots.extend(repeat(None, slots))

    @property
    def pending(self):
        """The messages in memory."""
        return self._capacity - len(self._slots)
