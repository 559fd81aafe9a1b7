"""One process's part of a recorder: its queue, its thread and its counters."""

import logging
import threading
import time
from collections import deque

from . import green
from .baton import Baton
from .bell import Bell
from .inbox import Inbox
from .limiter import Limiter
from .sender import Sender
from .stats import Ledger, Stats
from .tally import Tally
from .transport import Transport

LOG = logging.getLogger(__name__)
#: The pause after an error that should not exist, in seconds.
PAUSE = 1.0
#: How often a flush looks, in seconds.
LOOK = 0.005
#: The seconds, beyond the time of a flush, that the thread may take for what it does to the spool at that moment.
GRACE = 2.0


class Engine:
    """Made in the process that uses it, since neither threads nor connections nor locks outlive a fork."""

    def __init__(self, settings, make_session):
        self._recorded = Tally()
        self._unfit = Tally()
        self._overflow = Tally()
        self._reasons = deque(maxlen=1)
        self._logged = 0
        self._warning = Limiter()
        self._inbox = Inbox(settings.queue)
        self._ledger = Ledger()
        self._baton = Baton()
        self._bell = Bell()
        self._sender = Sender(settings, self._inbox, self._ledger, Transport(settings, make_session))
        self._is_closed = False
        self._is_finished = False
        # There is one ticket; the thread has it while it runs.
        self._tickets = deque([None])
        self._end_greenlet = _nothing

    def put(self, item):
        """Takes a message to send. Neither waits nor logs: the thread does both."""
        self._recorded.add()
        if self._is_closed or not self._inbox.put(item):
            self._overflow.add()
        self.wake()

    def reject(self, reason):
        """Counts a message that cannot be sent."""
        self._recorded.add()
        self._unfit.add()
        self._reasons.append(reason)
        self.wake()

    def wake(self):
        """Lets the thread look for work, and starts it if need be."""
        if self._tickets and not self._is_closed:
            self._start()
        self._bell.ring()

    def stats(self):
        """Returns the counts."""
        ledger = self._ledger
        return Stats(
            recorded=self._recorded.value(),
            restored=ledger.restored,
            delivered=ledger.delivered,
            refused=ledger.refused + self._unfit.value(),
            dropped=ledger.dropped + self._overflow.value(),
            pending=self._inbox.pending,
            spooled=ledger.spooled,
        )

    def flush(self, timeout):
        """Waits until the server or the spool has all messages, and puts them into the spool when the time is over."""
        deadline = time.monotonic() + timeout
        serial = None
        while True:
            with self._baton.before(deadline + GRACE) as is_free:
                if not is_free:
                    return False
                if self._is_closed:
                    return True
                if serial is None:
                    serial = self._sender.seal()
                    self.wake()
                if time.monotonic() >= deadline:
                    self._sender.spill()
                    return self._sender.is_safe(serial)
                if self._sender.is_safe(serial):
                    return True
            time.sleep(LOOK)

    def close(self, timeout):
        """Flushes, and ends the thread."""
        if self._is_closed:
            return
        deadline = time.monotonic() + timeout + GRACE
        self.flush(timeout)
        with self._baton.before(deadline) as is_free:
            self._is_closed = True
            # Otherwise the disk holds up the thread, which then has the rest to do when it gets on.
            if is_free:
                self._finish()
        self._bell.ring()

    def release(self):
        """Leaves what belongs to the parent to it, after a fork."""
        self._end_greenlet()
        self._sender.release()

    def _start(self):
        if not green.can_start():
            return
        try:
            self._tickets.pop()
        except IndexError:
            return
        try:
            threading.Thread(target=self._run, name="tidings-recorder", daemon=True).start()
        except RuntimeError as error:
            # The process has too many threads, or is about to end.
            self._reasons.append(f"no thread: {error}")
            self._tickets.append(None)

    def _run(self):
        try:
            self._end_greenlet = green.ender()
            self._bell.listen()
            while not self._is_closed:
                try:
                    self._turn()
                except Exception:
                    LOG.exception("The recorder has a fault; it goes on")
                    time.sleep(PAUSE)
        finally:
            if self._is_closed:
                with self._baton:
                    self._finish()
                self._bell.close()
                self._sender.disconnect()
            self._tickets.append(None)

    def _turn(self):
        with self._baton:
            if self._is_closed:
                return
            self._report()
            parcel, seconds = self._sender.prepare()
        if parcel is None:
            self._bell.wait(seconds)
            return
        answer = self._sender.post(parcel)
        with self._baton:
            if not self._is_closed:
                self._sender.settle(parcel, answer)

    def _finish(self):
        """Puts what is left into the spool and gives it back, once."""
        if self._is_finished:
            return
        self._is_finished = True
        self._sender.seal()
        self._sender.spill()
        self._report()
        self._sender.close()

    def _report(self):
        """Logs the losses that callers could only count."""
        lost = self._unfit.value() + self._overflow.value()
        if lost > self._logged and self._warning.passes():
            reason = self._reasons.pop() if self._reasons else "memory and spool are full"
            LOG.warning("%d messages were not recorded, the last one because: %s", lost - self._logged, reason)
            self._logged = lost


def _nothing():
    pass
