"""A directory that keeps batches while the server is down.

A file holds one batch. It is written under a temporary name, synced and renamed, so a file under its final name is
complete. Names are numbers in the order of writing.

Services run as several processes with one configuration, so each process has a numbered folder of its own in the
directory, locked for as long as it lives. What a dead process left in its folder is adopted by another one.
"""

import fcntl
import logging
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from . import green, spool_file
from .limiter import Limiter

LOG = logging.getLogger(__name__)
#: The most processes with one directory.
FOLDERS = 256
#: Files count in blocks, as on the disk, which bounds the number of small ones too.
BLOCK = 4096
#: The pause after a disk error, in seconds.
PAUSE = 5.0
BATCH, UNFINISHED, SET_ASIDE = ".batch", ".tmp", ".corrupt"


@dataclass(frozen=True)
class Entry:
    """A batch on disk."""

    project: str
    number: int
    count: int
    cost: int


class Spool:
    """The folder of this process. Its methods log what is wrong with the disk and never raise."""

    def __init__(self, directory, max_bytes):
        self._directory = Path(directory)
        self._max_bytes = max_bytes
        self._folder = None
        self._lock = None
        self._used = 0
        self._next = 0
        self._paused_until = 0.0
        self._warning = Limiter()

    def open(self, now):
        """Takes a folder, if there is none yet. Returns what earlier processes left, oldest first."""
        if self._folder is not None or now < self._paused_until:
            return []
        try:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._folder, self._lock = self._take_folder()
            return self._scan() + self._adopt_others()
        except OSError as error:
            self.close()
            self._fail(error, now)
            return []

    def adopt(self, now):
        """Returns what processes that have died since left, oldest first."""
        if self._folder is None:
            return []
        try:
            return self._adopt_others()
        except OSError as error:
            self._fail(error, now)
            return []

    def store(self, batch, now):
        """Writes a batch. Returns None if the spool is full or the disk fails."""
        if self._folder is None or now < self._paused_until:
            return None
        content = spool_file.encode(batch)
        if self._used + _cost(len(content)) > self._max_bytes:
            if self._warning.passes():
                LOG.warning("The spool %s is full: %d bytes", self._folder, self._used)
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

    def load(self, entry):
        """Reads a batch. Returns None if the file is damaged or gone."""
        path = self._path(entry.number)
        try:
            return spool_file.decode(green.wait_for_disk(path.read_bytes))
        except (OSError, spool_file.Damaged) as error:
            self._set_aside(path, error)
            return None

    def remove(self, entry):
        """Deletes a batch. If its file comes back after a crash, its key prevents a second recording."""
        try:
            self._path(entry.number).unlink()
        except FileNotFoundError:
            pass
        except OSError as error:
            self._warn(error)
            return
        self._used = max(self._used - entry.cost, 0)

    def close(self):
        """Gives the folder back. After a fork, this leaves the lock with the parent."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = self._folder = None

    def _take_folder(self):
        for number in range(FOLDERS):
            folder = self._directory / str(number)
            folder.mkdir(mode=0o700, exist_ok=True)
            lock = _lock(folder)
            if lock is not None:
                return folder, lock
        raise OSError(f"{FOLDERS} processes use {self._directory} already")

    def _scan(self):
        found = []
        for path in sorted(self._folder.iterdir()):
            if path.suffix == UNFINISHED:
                path.unlink()
            elif path.suffix == SET_ASIDE:
                self._used += _cost(path.stat().st_size)
            elif path.suffix == BATCH and path.stem.isdigit():
                self._next = max(self._next, int(path.stem) + 1)
                found.append(self._entry(path, int(path.stem)))
        return [entry for entry in found if entry is not None]

    def _adopt_others(self):
        adopted = []
        for folder in sorted(self._directory.iterdir()):
            if folder == self._folder or not folder.name.isdigit() or not any(folder.glob(f"*{BATCH}")):
                continue
            lock = _lock(folder)
            if lock is None:
                continue
            try:
                for path in sorted(folder.glob(f"*{BATCH}")):
                    path.rename(self._path(self._next))
                    adopted.append(self._entry(self._path(self._next), self._next))
                    self._next += 1
            finally:
                os.close(lock)
        return [entry for entry in adopted if entry is not None]

    def _entry(self, path, number):
        cost = _cost(path.stat().st_size)
        self._used += cost
        try:
            with path.open("rb") as file:
                project, count = spool_file.read_header(file.readline(spool_file.MAX_HEADER))
        except spool_file.Damaged as error:
            self._set_aside(path, error)
            return None
        return Entry(project, number, count, cost)

    def _write(self, batch, content, now):
        path, unfinished = self._path(self._next), self._path(self._next, UNFINISHED)
        try:
            green.wait_for_disk(_write_through, unfinished, path, content)
        except OSError as error:
            self._fail(error, now)
            for leftover in (unfinished, path):
                with suppress(OSError):
                    leftover.unlink()
            return None
        entry = Entry(batch.project, self._next, batch.count, _cost(len(content)))
        self._next += 1
        self._used += entry.cost
        return entry

    def _set_aside(self, path, fault):
        """Moves a file out of the way for an operator. It still counts towards the bound."""
        LOG.warning("The spool file %s is set aside: %s", path, fault)
        try:
            path.rename(path.with_name(path.name + SET_ASIDE))
        except OSError as error:
            self._warn(error)

    def _fail(self, error, now):
        self._paused_until = now + PAUSE
        self._warn(error)

    def _warn(self, error):
        if self._warning.passes():
            LOG.warning("The spool %s cannot be used: %s", self._directory, error)

    def _path(self, number, suffix=BATCH):
        return self._folder / f"{number:020d}{suffix}"


def _lock(folder):
    """Locks a folder; returns None if another process holds it."""
    lock = os.open(folder / "lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    except OSError:
        os.close(lock)
        raise
    return lock


def _write_through(unfinished, path, content):
    descriptor = os.open(unfinished, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    with open(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)
    os.rename(unfinished, path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _cost(size):
    return -(-size // BLOCK) * BLOCK
