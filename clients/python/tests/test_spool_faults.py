"""The spool on a disk that fails for a moment, and among folders that are not its own."""

import errno
import time
from pathlib import Path

import pytest
from test_spool import batch

from tidings_client import spool_folder
from tidings_client.spool import PAUSE, UNREADABLE_NOW, Spool
from tidings_client.spool_folder import BLOCK

NOW = time.monotonic()
LATER = NOW + 2 * PAUSE


@pytest.fixture
def directory(tmp_path):
    return tmp_path / "spool"


@pytest.fixture
def spool(directory):
    """Makes spools in one directory that are not open yet."""
    made = []

    def make(size=64 * BLOCK):
        made.append(Spool(directory, size))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def left(spool):
    """Leaves a batch of each project in a folder of its own, as if their processes had died."""

    def leave(*projects):
        processes = [spool() for _ in projects]
        for process, project in zip(processes, projects):
            process.open(NOW)
            assert process.store(batch(project), NOW)
        for process in processes:
            process.close()

    return leave


def fail_once(monkeypatch, owner, name, error=errno.EMFILE):
    """Lets the next call of a function fail, as when the process is out of file descriptors."""
    whole, faults = getattr(owner, name), [OSError(error, "not now")]

    def call(*arguments, **options):
        if faults:
            raise faults.pop()
        return whole(*arguments, **options)

    monkeypatch.setattr(owner, name, call)


def projects(entries):
    return [entry.project for entry in entries]


@pytest.mark.parametrize("error", [errno.EMFILE, errno.EIO, errno.ESTALE])
def test_a_batch_that_cannot_be_read_now_is_kept(spool, directory, monkeypatch, error):
    one, whole = spool(), batch()
    one.open(NOW)
    entry = one.store(whole, NOW)
    fail_once(monkeypatch, Path, "read_bytes", error)
    assert one.load(entry, NOW) is UNREADABLE_NOW
    assert one.load(entry, NOW) == whole
    assert list(directory.rglob("*.corrupt")) == []


def test_a_batch_that_is_gone_takes_no_space(spool, directory):
    one = spool(BLOCK)
    one.open(NOW)
    entry = one.store(batch(), NOW)
    next(directory.rglob("*.batch")).unlink()
    assert one.load(entry, NOW) is None
    assert one.store(batch(), NOW)


def test_what_is_found_counts_once_however_often_the_spool_is_opened(spool, left, monkeypatch):
    left("a")
    one = spool(2 * BLOCK)
    fail_once(monkeypatch, spool_folder.Folder, "adopt")
    assert one.open(NOW) == []
    assert projects(one.open(LATER)) == ["a"]
    assert one.store(batch(), LATER)
    assert one.store(batch(), LATER) is None


def test_a_folder_that_cannot_be_adopted_concerns_no_other(spool, left, directory):
    left("a", "b", "c")
    broken = directory / "1" / "lock"
    broken.unlink()
    broken.mkdir()
    one = spool()
    assert projects(one.open(NOW)) == ["a", "c"]
    assert one.store(batch(), NOW)
    broken.rmdir()
    assert projects(one.adopt(NOW)) == ["b"]


def test_what_was_adopted_before_an_error_is_sent_and_the_rest_follows(spool, left, monkeypatch):
    one = spool()
    left("a", "b")
    one.open(NOW)
    left("a", "b")
    fail_once(monkeypatch, spool_folder.spool_file, "read_header")
    found = one.adopt(NOW)
    assert len(found) == 1
    assert all(one.load(entry, NOW) for entry in found)
    found += one.adopt(NOW)
    assert sorted(projects(found)) == ["a", "b"]
    assert all(one.load(entry, NOW) for entry in found)


def test_a_damaged_file_of_a_dead_process_is_set_aside(spool, left, directory):
    left("a", "b")
    next((directory / "1").glob("*.batch")).write_text("not ours")
    one = spool()
    assert projects(one.open(NOW)) == ["a"]
    assert len(list((directory / "0").glob("*.corrupt"))) == 1
    assert one.adopt(NOW) == []


def test_folders_of_another_user_are_passed_over(spool, directory, monkeypatch):
    """Under root, a test may open every file."""
    lock = spool_folder._lock

    def refuse(folder):
        if folder.name in ("0", "1"):
            raise PermissionError(errno.EACCES, "another user's")
        return lock(folder)

    monkeypatch.setattr(spool_folder, "_lock", refuse)
    (directory).mkdir()
    (directory / "2").touch()
    one = spool()
    one.open(NOW)
    assert one.store(batch(), NOW)
    assert [path.parent.name for path in directory.rglob("*.batch")] == ["3"]


def test_a_directory_that_is_all_of_another_user_is_reported(spool, monkeypatch, caplog):
    def refuse(_folder):
        raise PermissionError(errno.EACCES, "another user's")

    monkeypatch.setattr(spool_folder, "_lock", refuse)
    assert spool().open(NOW) == []
    assert "another user's" in caplog.text
