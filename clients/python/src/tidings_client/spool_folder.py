"""A process's folder in the directory of a spool.

All of this waits for the disk. It may therefore run in a thread of the operating system (`green.wait_for_disk`), and
logs nothing: the locks of `logging` may be those of eventlet or gevent.
"""

import fcntl
import os
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from . import spool_file

#: The most processes with one directory.
FOLDERS = 256
#: Files count in blocks, as on the disk, which bounds the number of small ones too.
BLOCK = 4096
BATCH, UNFINISHED, SET_ASIDE = ".batch", ".tmp", ".corrupt"


@dataclass(frozen=True)
class Entry:
    """A batch on disk."""

    project: str
    number: int
    count: int
    cost: int


@dataclass
class Findings:
    """What was found on disk, as far as it could be read."""

    entries: list = field(default_factory=list)
    #: Files that are no batches, with the fault of each: they were set aside.
    damaged: list = field(default_factory=list)
    #: Folders of other processes that could not be read, with the error of each.
    unreadable: list = field(default_factory=list)


class Folder:
    """One of the numbered folders, locked from `take` to `close`."""

    def __init__(self, directory):
        self._directory = directory
        self._lock = None
        self.path = None
        self.used = 0
        self.next = 0

    def take(self):
        """Locks the first free folder. Returns what earlier processes left, the own folder's first."""
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path = self._lock_one()
        findings = Findings()
        self._scan(findings)
        self.adopt(findings)
        return findings

    def adopt(self, findings):
        """Moves here what dead processes left. What cannot be moved stays where it is, for the next time."""
        for other in sorted(self._directory.iterdir()):
            if other == self.path or not other.name.isdigit():
                continue
            try:
                self._adopt_folder(other, findings)
            except OSError as error:
                findings.unreadable.append((other, error))
        return findings

    def write(self, batch, content):
        """Writes a batch, which is whole and on the disk when this returns."""
        path, unfinished = self._file(self.next), self._file(self.next, UNFINISHED)
        try:
            _write_through(unfinished, path, content)
        except OSError:
            for leftover in (unfinished, path):
                with suppress(OSError):
                    leftover.unlink()
            raise
        return self._count(batch.project, batch.count, cost(len(content)))

    def read(self, entry):
        """Returns the batch of an entry. Raises `Damaged` if its file is not whole."""
        return spool_file.decode(self._file(entry.number).read_bytes())

    def remove(self, entry):
        """Deletes a batch; it may be gone already."""
        with suppress(FileNotFoundError):
            self._file(entry.number).unlink()
        self.used = max(self.used - entry.cost, 0)

    def set_aside(self, entry):
        """Moves a file out of the way for an operator. It still counts towards the bound."""
        self._file(entry.number).rename(self._file(entry.number, BATCH + SET_ASIDE))

    def close(self):
        """Gives the folder back. After a fork, this leaves the lock with the parent."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _lock_one(self):
        refusal = OSError(f"{FOLDERS} processes use {self._directory} already")
        for number in range(FOLDERS):
            folder = self._directory / str(number)
            try:
                folder.mkdir(mode=0o700, exist_ok=True)
                self._lock = _lock(folder)
            except (PermissionError, FileExistsError) as error:
                # Another user's, or no folder. If all are like this, so is the directory.
                refusal = error
                continue
            if self._lock is not None:
                return folder
        raise refusal

    def _scan(self, findings):
        for path in sorted(self.path.iterdir()):
            if path.suffix == UNFINISHED:
                path.unlink()
            elif path.suffix == SET_ASIDE:
                self.used += cost(path.stat().st_size)
            elif path.suffix == BATCH and path.stem.isdecimal():
                self.next = max(self.next, int(path.stem))
                self._enter(path, findings)

    def _adopt_folder(self, other, findings):
        if not any(path.suffix == BATCH for path in other.iterdir()):
            return
        with _locked(other) as is_ours:
            if is_ours:
                for path in sorted(path for path in other.iterdir() if path.suffix == BATCH):
                    self._enter(path, findings)

    def _enter(self, path, findings):
        """Takes a file in under the next number. It is read before it moves, so an error leaves it where it was."""
        size = cost(path.stat().st_size)
        try:
            with path.open("rb") as file:
                project, count = spool_file.read_header(file.readline(spool_file.MAX_HEADER))
        except spool_file.Damaged as fault:
            path.rename(self._file(self.next, BATCH + SET_ASIDE))
            self._count(None, 0, size)
            findings.damaged.append((path, fault))
        else:
            path.rename(self._file(self.next))
            findings.entries.append(self._count(project, count, size))

    def _count(self, project, count, size):
        entry = Entry(project, self.next, count, size)
        self.next += 1
        self.used += size
        return entry

    def _file(self, number, suffix=BATCH):
        return self.path / f"{number:020d}{suffix}"


def cost(size):
    """Returns what a file of this size takes on the disk."""
    return -(-size // BLOCK) * BLOCK


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


@contextmanager
def _locked(folder):
    """Locks a folder for a while; says whether it could."""
    lock = _lock(folder)
    try:
        yield lock is not None
    finally:
        if lock is not None:
            os.close(lock)


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
