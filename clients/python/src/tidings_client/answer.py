"""What an answer of the server means for the batch that was sent."""

import json
import time
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import Any, Optional

from .health import Wait

#: The longest reason in a log.
LONGEST_REASON = 500


class Fate(Enum):
    """What becomes of the batch."""

    #: Recorded.
    DELIVERED = "delivered"
    #: A message in it is invalid.
    REFUSED = "refused"
    #: Only this project's messages have to wait.
    HOLD = "hold"
    #: The server is unavailable for all projects.
    DOWN = "down"


@dataclass(frozen=True)
class Answer:
    """The outcome of one attempt."""

    fate: Fate
    #: The HTTP status, if there was an answer.
    status: Optional[int] = None
    #: A `Wait`, or the seconds that the server asked for.
    wait: Any = Wait.BACKOFF
    #: Whether this batch may have made the server fail, so that others are tried first.
    suspect: bool = False
    #: What the other side or the system said, for the log.
    reason: Optional[str] = None

    def because(self, error):
        """Returns the same outcome with this error as its reason."""
        return replace(self, reason=_one_line(error))

    @property
    def needs_operator(self):
        """Whether only a change of the configuration can help."""
        return self.wait is Wait.SLOW

    def __str__(self):
        """The status and the reason, for the log."""
        status = "no answer" if self.status is None else str(self.status)
        return f"{status}: {self.reason}" if self.reason else status


#: There is no token: Keystone refuses the login.
LOGIN_REFUSED = Answer(Fate.DOWN, 401, Wait.SLOW)
#: No connection, to the server or to Keystone.
UNREACHABLE = Answer(Fate.DOWN)
#: No answer in time, or the attempt itself is broken: this batch may be the cause.
UNANSWERED = Answer(Fate.DOWN, suspect=True)


def read(status, retry_after, body):
    """Interprets an answer: its status, its `Retry-After` and its body."""
    wait, fault = _seconds(retry_after), _fault(body, status)
    reason = fault and _one_line(fault.get("message") or "") or None
    if status == 201:
        return Answer(Fate.DELIVERED, status)
    if status in (400, 413, 422) and fault:
        return Answer(Fate.REFUSED, status, reason=reason)
    if status == 401:
        # The token is shared, so no other project would fare better.
        return Answer(Fate.DOWN, status, Wait.SLOW, reason=reason)
    if status in (408, 502, 503, 504):
        return Answer(Fate.DOWN, status, wait, status == 408, reason)
    if status == 429 or status >= 500:
        return Answer(Fate.HOLD, status, wait, reason=reason)
    # This includes every 2xx except 201: such an answer is not from a Tidings server, and nothing was recorded.
    return Answer(Fate.HOLD, status, Wait.SLOW, reason=reason)


def _seconds(retry_after):
    """Reads both forms of `Retry-After`, seconds and a date (RFC 9110, 10.2.3)."""
    try:
        return max(float(int(retry_after)), 0.0)
    except (TypeError, ValueError):
        pass
    try:
        return max(parsedate_to_datetime(retry_after).timestamp() - time.time(), 0.0)
    except (TypeError, ValueError, IndexError):
        return Wait.BACKOFF


def _fault(body, status):
    """Returns the error of Tidings in a body, or None: with a proxy's, of the same status, no message is at fault."""
    try:
        (fault,) = json.loads(body).values()
        return fault if fault["code"] == status and isinstance(fault, dict) else None
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def _one_line(text):
    """Keeps what others say from filling or forging a log."""
    words = " ".join(str(text).split())
    return words if len(words) <= LONGEST_REASON else f"{words[:LONGEST_REASON]}..."
