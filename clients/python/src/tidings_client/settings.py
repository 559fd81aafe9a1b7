"""The settings of a recorder."""

from dataclasses import dataclass
from typing import Any, Optional
from urllib.parse import urlsplit

from .batch import MAX_MESSAGES
from .health import Backoff


@dataclass(frozen=True)
class Settings:
    """See `Recorder` for their meaning."""

    endpoint: Optional[str]
    session: Any
    user: str
    region_name: Optional[str]
    interface: str
    spool: Optional[str]
    spool_bytes: int
    queue: int
    batch_size: int
    linger: float
    request_timeout: float
    backoff: Backoff
    shutdown_timeout: float

    def check(self):
        """Raises ValueError with all faults. It is called when a service starts, never when it records."""
        endpoint = urlsplit(self.endpoint or "")
        faults = [
            fault
            for is_fault, fault in (
                (not self.endpoint and not self.session, "endpoint: required without a session"),
                (
                    self.endpoint and (endpoint.scheme not in ("http", "https") or not endpoint.hostname),
                    "endpoint: must begin with http:// or https:// and name a host",
                ),
                (_has_wrong_port(endpoint), "endpoint: must have a port of 1 to 65535, or none"),
                (endpoint.username or endpoint.password, "endpoint: must not contain a user or password"),
                (endpoint.query or endpoint.fragment, "endpoint: must not have a query or fragment"),
                (not self.user or ":" in self.user or not self.user.isascii(), "user: must be ASCII without a colon"),
                (not 1 <= self.batch_size <= MAX_MESSAGES, f"batch_size: must be 1 to {MAX_MESSAGES}"),
                (self.queue < 1, "queue: must be 1 or more"),
                (self.spool_bytes < 0, "spool_bytes: must be 0 or more"),
                (self.linger < 0, "linger: must be 0 or more"),
                (self.request_timeout <= 0, "request_timeout: must be more than 0"),
                (
                    not 0 < self.backoff.first <= self.backoff.longest,
                    "backoff: the first wait must be more than 0 and at most the longest",
                ),
            )
            if is_fault
        ]
        if faults:
            raise ValueError("; ".join(faults))


def _has_wrong_port(endpoint):
    try:
        return endpoint.port == 0
    except ValueError:
        return True
