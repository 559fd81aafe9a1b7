"""Messages that are sent together."""

import uuid
from dataclasses import dataclass

#: The most messages that the server accepts in one request.
MAX_MESSAGES = 1000
#: The largest body that is sent: safely below the server's 1 MiB, also for proxies with the same limit.
MAX_BODY = 1_000_000

OPEN, CLOSE = '{"messages":[', "]}"
KEY_LENGTH = 36


@dataclass(frozen=True)
class Batch:
    """Messages of one project under one idempotency key.

    A batch never changes, since the server accepts a key only with the body that it first arrived with. So a retry
    after a lost answer records nothing twice.
    """

    project: str
    key: str
    messages: tuple

    @classmethod
    def seal(cls, project, messages):
        """Makes a batch with a new key."""
        return cls(project, str(uuid.uuid4()), tuple(messages))

    @property
    def count(self):
        """The number of messages."""
        return len(self.messages)

    def body(self):
        """Returns the body of the request: the same bytes for the same batch, even after a restart."""
        return (OPEN + ",".join(self.messages) + CLOSE).encode("ascii")

    def halves(self):
        """Splits a batch that the server refused, to find the message at fault; nothing if it holds only one.

        The keys of the halves follow from its own, so a batch that is split again after a crash repeats nothing.
        """
        if self.count < 2:
            return ()
        middle = self.count // 2
        stem = self.key if len(self.key) > KEY_LENGTH else f"{self.key}-"
        return (
            Batch(self.project, f"{stem}0", self.messages[:middle]),
            Batch(self.project, f"{stem}1", self.messages[middle:]),
        )


def body_length(count, size):
    """Returns the length of a body with this many messages of this total size."""
    return len(OPEN) + size + max(count - 1, 0) + len(CLOSE)
