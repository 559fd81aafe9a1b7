"""The work of the background thread: gathers, sends, backs off and spools."""

import logging
import time

from .answer import Fate
from .backlog import Backlog
from .gather import Gather
from .health import Health
from .limiter import Limiter
from .spool import Spool

LOG = logging.getLogger(__name__)
#: How long batches stay open while the server is down, for fewer and larger files.
LINGER_WHILE_DOWN = 1.0
#: The seconds between two looks for what dead processes left in the spool.
ADOPT_EVERY = 60.0
#: The longest wait.
IDLE = 3600.0


class Sender:
    """What the background thread knows. All methods but `post` need the baton."""

    def __init__(self, settings, inbox, ledger, transport):
        self._settings = settings
        self._inbox = inbox
        self._ledger = ledger
        self._transport = transport
        self._gather = Gather(settings.batch_size)
        self._spool = Spool(settings.spool, settings.spool_bytes) if settings.spool else _NoSpool()
        self._backlog = Backlog(self._spool, settings.backoff, inbox, ledger)
        self._health = Health(settings.backoff)
        self._adopt_at = 0.0
        self._warning = Limiter()

    def prepare(self):
        """Does what is due. Returns the batch to send next, or None and the seconds until something is due again."""
        now = time.monotonic()
        self._restore(now)
        self._collect(now, self._linger())
        self._backlog.spill(now, not self._health.is_up or self._inbox.pending > self._settings.queue // 2)
        parcel = self._backlog.next(now) if self._health.may_try(now) else None
        return parcel, self._next_due(now) - now

    def post(self, parcel):
        """Sends a batch."""
        return self._transport.post(parcel.batch)

    def settle(self, parcel, answer):
        """Acts on the answer to a batch."""
        now = time.monotonic()
        if answer.needs_operator and self._warning.passes():
            LOG.warning("Messages wait; check the endpoint and the credentials: %s", answer)
        if answer.fate is Fate.DOWN:
            if self._health.failed(answer.wait, now):
                LOG.warning("The message server is unavailable, messages wait: %s", answer)
            if answer.suspect:
                self._backlog.step_back(parcel)
            return
        if self._health.answered():
            LOG.info("The message server is available again")
        if answer.fate is Fate.DELIVERED:
            self._backlog.delivered(parcel)
        elif answer.fate is Fate.REFUSED:
            self._backlog.refused(parcel, answer.status, now)
        else:
            self._backlog.hold(parcel, answer.wait, now)

    def seal(self):
        """Seals what has come so far; returns the serial of the last batch."""
        now = time.monotonic()
        self._restore(now)
        self._collect(now, 0.0)
        return self._backlog.last_serial

    def is_safe(self, serial):
        """Whether everything up to this batch is with the server or on disk."""
        return not self._backlog.waits_in_memory(serial)

    def spill(self):
        """Moves everything to the spool."""
        self._backlog.spill(time.monotonic(), True)

    def close(self):
        """Ends: what is in memory still is lost."""
        lost = self._backlog.abandon()
        if lost:
            LOG.warning("%d messages are lost: neither the server nor a spool could take them", lost)
        self._spool.close()

    def disconnect(self):
        """Closes the connection, in the thread that used it."""
        self._transport.close()

    def release(self):
        """Leaves the spool to the parent, after a fork."""
        self._spool.close()

    def _restore(self, now):
        self._backlog.restore(self._spool.open(now))
        if now >= self._adopt_at:
            if self._adopt_at:
                self._backlog.restore(self._spool.adopt(now))
            self._adopt_at = now + ADOPT_EVERY

    def _collect(self, now, linger):
        for project, message in self._inbox.take():
            for batch in self._gather.push(project, message, now):
                self._backlog.add(batch)
        for batch in self._gather.due(now, linger):
            self._backlog.add(batch)

    def _next_due(self, now):
        times = [
            self._gather.next_due(self._linger()),
            self._health.retry_at,
            self._backlog.next_change(now),
            self._adopt_at,
        ]
        return min((at for at in times if at is not None and at > now), default=now + IDLE)

    def _linger(self):
        return self._settings.linger if self._health.is_up else max(self._settings.linger, LINGER_WHILE_DOWN)


class _NoSpool:
    """A spool that keeps nothing: messages wait in memory alone."""

    def open(self, _now):
        return []

    adopt = open

    def store(self, _batch, _now):
        return None

    def close(self):
        pass
