"""What became of the messages."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Stats:
    """Message counts of this process.

    At rest, recorded + restored = delivered + refused + dropped + pending + spooled.
    """

    #: Passed to `Recorder.record`.
    recorded: int
    #: Found in the spool, left there by earlier processes.
    restored: int
    #: Recorded by the server.
    delivered: int
    #: Refused by the server as invalid, or not sendable: no project, too large, not JSON.
    refused: int
    #: Lost: memory and spool were full, the process ended without a spool, or a spool file was damaged.
    dropped: int
    #: In memory now.
    pending: int
    #: On disk now.
    spooled: int


class Ledger:
    """The counters that only the holder of the baton changes."""

    def __init__(self):
        self.restored = 0
        self.delivered = 0
        self.refused = 0
        self.dropped = 0
        self.spooled = 0
