"""A directory that keeps batches while the server is down.

A file holds one batch. It is written under a temporary name, synced and renamed, so a file under its final name is
complete. Names are numbers in the order of writing.

Services run as several processes with one configuration, so each process has a numbered folder of its own in the
directory, locked for as long as it lives. What a dead process left in its folder is adopted by another one.
"""

import logging
from pathlib import Path

from . import green, spool_file
from .limiter import Limiter
from .spool_folder import Findings, Folder, cost

LOG = logging.getLogger(__name__)
#: The pause after a disk error, in seconds.
PAUSE = 5.0
#: Instead of a batch: it cannot be read at the moment.
UNREADABLE_NOW = object()


class Spool:
    """The spool of this process. Its methods log what is wrong with the disk and never raise."""

    def __init__(self, directory, max_bytes):
        self._directory = Path(directory)
        self._max_bytes = max_bytes
        self._folder = Folder(self._directory)
        self._is_open = False
        self._paused_until = 0.0
        self._warning = Limiter()

    def open(self, now):
        """Takes a folder, if there is none yet. Returns what earlier processes left, oldest first."""
        if self._is_open or now < self._paused_until:
            return []
        self.close()
        self._folder = Folder(self._directory)
        try:
            findings = green.wait_for_disk(self._folder.take)
        except OSError as error:
            self.close()
            self._fail(error, now)
            return []
        self._is_open = True
        return self._report(findings)

    def adopt(self, now):
        """Returns what processes that have died since left, oldest first."""
        if not self._is_open:
            return []
        findings = Findings()
        try:
            green.wait_for_disk(self._folder.adopt, findings)
        except OSError as error:
            self._fail(error, now)
        return self._report(findings)

    def store(self, batch, now):
        """Writes a batch. Returns None if the spool is full or the disk fails."""
        if not self._is_open or now < self._paused_until:
            return None
        content = spool_file.encode(batch)
        if self._folder.used + cost(len(content)) > self._max_bytes:
            if self._warning.passes():
                LOG.warning("The spool %s is full: %d bytes", self._folder.path, self._folder.used)
            return None
        return self._write(batch, content, now)

    def replace(self, entry, halves, now):
        """Replaces a batch with its halves. Returns None if the disk fails; the batch is then still there."""
        written = []
        for half in halves:
            # No check of the space: the halves need what the batch frees, and a block.
            new = self._write(half, spool_file.encode(half), now)
            if new is None:
                for other in written:
                    self.remove(other)
                return None
            written.append(new)
        self.remove(entry)
        return written

    def load(self, entry, now):
        """Reads a batch. Returns None if the file is damaged or gone, and `UNREADABLE_NOW` if the disk fails."""
        try:
            return green.wait_for_disk(self._folder.read, entry)
        except FileNotFoundError:
            LOG.warning("The batch %d is gone from the spool %s", entry.number, self._folder.path)
            self.remove(entry)
        except spool_file.Damaged as fault:
            self._set_aside(entry, fault)
        except OSError as error:
            self._fail(error, now)
            return UNREADABLE_NOW
        return None

    def remove(self, entry):
        """Deletes a batch. If its file comes back after a crash, its key prevents a second recording."""
        try:
            green.wait_for_disk(self._folder.remove, entry)
        except OSError as error:
            self._warn(error)

    def close(self):
        """Gives the folder back. After a fork, this leaves the lock with the parent."""
        self._is_open = False
        self._folder.close()

    def _write(self, batch, content, now):
        try:
            return green.wait_for_disk(self._folder.write, batch, content)
        except OSError as error:
            self._fail(error, now)
            return None

    def _set_aside(self, entry, fault):
        LOG.warning("The batch %d of the spool %s is set aside: %s", entry.number, self._folder.path, fault)
        try:
            green.wait_for_disk(self._folder.set_aside, entry)
        except OSError as error:
            self._warn(error)

    def _report(self, findings):
        for path, fault in findings.damaged:
            LOG.warning("The spool file %s is set aside: %s", path, fault)
        for folder, error in findings.unreadable:
            # A folder of another user's is none of this process's business.
            level = logging.DEBUG if isinstance(error, PermissionError) else logging.WARNING
            LOG.log(level, "The spool folder %s cannot be adopted now: %s", folder, error)
        return findings.entries

    def _fail(self, error, now):
        self._paused_until = now + PAUSE
        self._warn(error)

    def _warn(self, error):
        if self._warning.passes():
            LOG.warning("The spool %s cannot be used: %s", self._directory, error)
