"""All batches that the server has not taken yet, in memory and on disk, and the choice of the next one."""

import logging
from collections import deque
from dataclasses import dataclass
from typing import Any, Union

from .batch import Batch
from .health import Health, Wait
from .limiter import Limiter
from .spool import UNREADABLE_NOW
from .spool_folder import Entry

LOG = logging.getLogger(__name__)


@dataclass(eq=False)
class Held:
    """A batch in memory, or its entry in the spool."""

    serial: int
    content: Union[Batch, Entry]

    @property
    def is_in_memory(self):
        """Whether it would be lost with the process."""
        return isinstance(self.content, Batch)


class Lane:
    """The batches of one project, in order."""

    def __init__(self, backoff):
        self.queue = deque()
        self.health = Health(backoff)
        #: Batches of other lanes with a serial up to this go first.
        self.behind = 0

    @property
    def turn(self):
        """When it is this lane's turn: the lowest goes first."""
        return max(self.queue[0].serial, self.behind)


@dataclass(frozen=True)
class Parcel:
    """A batch on its way. It stays at the front of its lane until its answer is there."""

    lane: Lane
    held: Held
    batch: Any


class Backlog:
    """The lanes of all projects over one spool."""

    def __init__(self, spool, backoff, inbox, ledger):
        self._spool = spool
        self._backoff = backoff
        self._inbox = inbox
        self._ledger = ledger
        self._lanes = {}
        # In the order of arrival, so that the oldest are spooled first.
        self._in_memory = {}
        self._warning = Limiter()
        self.last_serial = 0

    def add(self, batch):
        """Adds a batch that has just been sealed."""
        self._in_memory[self._append(batch)] = None

    def restore(self, entries):
        """Adds what was found on disk."""
        for entry in entries:
            self._append(entry)
            self._ledger.restored += entry.count
            self._ledger.spooled += entry.count

    def next(self, now):
        """Returns the batch whose turn it is, as a rule the oldest that may be sent now, or None."""
        while True:
            ready = [lane for lane in self._lanes.values() if lane.queue and lane.health.may_try(now)]
            if not ready:
                return None
            lane = min(ready, key=lambda lane: lane.turn)
            held = lane.queue[0]
            batch = held.content if held.is_in_memory else self._spool.load(held.content, now)
            if batch is UNREADABLE_NOW:
                lane.health.failed(Wait.BACKOFF, now)
            elif batch is None:
                self._forget(lane)
            else:
                return Parcel(lane, held, batch)

    def delivered(self, parcel):
        """Forgets a batch that the server recorded."""
        self._ledger.delivered += parcel.batch.count
        self._leave(parcel)

    def refused(self, parcel, status, now):
        """Puts the halves of a refused batch in its place, or forgets a message that is at fault alone."""
        halves = parcel.batch.halves()
        if halves:
            self._split(parcel, halves, now)
            return
        self._ledger.refused += 1
        self._leave(parcel)
        if self._warning.passes():
            LOG.warning("The server refused a message of project %s: %d", parcel.batch.project, status)

    def hold(self, parcel, wait, now):
        """Makes a project wait, longer with each consecutive time, and tries its other batches first."""
        parcel.lane.health.failed(wait, now)
        self.step_back(parcel)

    def step_back(self, parcel):
        """Puts a batch behind the others of its project, and the project behind all that wait now."""
        parcel.lane.queue.rotate(-1)
        self.last_serial += 1
        parcel.lane.behind = self.last_serial

    def spill(self, now, everything):
        """Moves batches from memory to the spool: all, or only those of projects that have to wait."""
        for held in list(self._in_memory):
            lane = self._lanes[held.content.project]
            if not everything and lane.health.may_try(now):
                continue
            entry = self._spool.store(held.content, now)
            if entry is None:
                return
            held.content = entry
            del self._in_memory[held]
            self._ledger.spooled += entry.count
            self._inbox.free(entry.count)

    def waits_in_memory(self, barrier):
        """Whether a batch that was sealed no later than this serial is in memory only."""
        return any(held.serial <= barrier for held in self._in_memory)

    def abandon(self):
        """Counts what is in memory as lost, at the end of the process. Returns the number of messages."""
        lost = sum(held.content.count for held in self._in_memory)
        self._in_memory.clear()
        self._ledger.dropped += lost
        self._inbox.free(lost)
        return lost

    def next_change(self, now):
        """Returns when the next project has waited long enough, or None."""
        times = [lane.health.retry_at for lane in self._lanes.values() if lane.queue and not lane.health.is_up]
        return min((time for time in times if time > now), default=None)

    def _append(self, content):
        self.last_serial += 1
        held = Held(self.last_serial, content)
        self._lanes.setdefault(content.project, Lane(self._backoff)).queue.append(held)
        return held

    def _forget(self, lane):
        """Counts the first batch of a lane as lost: its file is damaged or gone."""
        lost = lane.queue.popleft().content.count
        self._ledger.dropped += lost
        self._ledger.spooled -= lost

    def _split(self, parcel, halves, now):
        held = parcel.held
        if held.is_in_memory:
            del self._in_memory[held]
            parts = [Held(held.serial, half) for half in halves]
            self._in_memory = {**dict.fromkeys(parts), **self._in_memory}
        else:
            entries = self._spool.replace(held.content, halves, now)
            if entries is None:
                parcel.lane.health.failed(Wait.SLOW, now)
                return
            parts = [Held(held.serial, entry) for entry in entries]
        parcel.lane.queue.popleft()
        parcel.lane.queue.extendleft(reversed(parts))

    def _leave(self, parcel):
        held, lane = parcel.held, parcel.lane
        lane.queue.popleft()
        lane.health.answered()
        if held.is_in_memory:
            del self._in_memory[held]
            self._inbox.free(parcel.batch.count)
        else:
            self._spool.remove(held.content)
            self._ledger.spooled -= held.content.count
        if not lane.queue:
            del self._lanes[parcel.batch.project]
