"""The spool alone: order, bound, damage, folders and modes."""

import os
import subprocess
import sys
import time

import pytest

from tidings_client.batch import Batch
from tidings_client.spool import Spool
from tidings_client.spool_folder import BLOCK

NOW = time.monotonic()


@pytest.fixture
def spool(tmp_path):
    """Makes spools in one directory; each has a folder of its own, as if it was another process's."""
    made = []

    def make(size=64 * BLOCK):
        made.append(Spool(tmp_path / "spool", size))
        return made[-1], made[-1].open(NOW)

    yield make
    for one in made:
        one.close()


def batch(project="p", count=1):
    return Batch.seal(project, ['{"event_id":"A"}'] * count)


def test_what_was_stored_is_found_again_oldest_first(spool):
    first, nothing = spool()
    assert nothing == []
    batches = [batch(name) for name in "abc"]
    entries = [first.store(one, NOW) for one in batches]
    first.remove(entries[1])
    first.close()
    second, found = spool()
    assert [second.load(entry, NOW) for entry in found] == [batches[0], batches[2]]
    assert second.store(batches[1], NOW).number == 3, "numbers go on"


def test_the_bound_is_counted_in_blocks_and_space_comes_back(spool):
    one, _ = spool(3 * BLOCK)
    entries = [one.store(batch(), NOW) for _ in range(5)]
    assert [entry is None for entry in entries] == [False, False, False, True, True]
    one.remove(entries[0])
    assert one.store(batch(), NOW)
    assert one.store(batch(), NOW) is None


def test_damaged_and_foreign_files_are_set_aside_once(spool, tmp_path):
    one, _ = spool()
    entry = one.store(batch("a"), NOW)
    folder = tmp_path / "spool" / "0"
    (path,) = folder.glob("*.batch")
    path.write_bytes(path.read_bytes()[:-4])
    (folder / f"{7:020d}.batch").write_text("not ours")
    (folder / f"{8:020d}.tmp").write_text("half")
    (folder / "README").write_text("an operator's")
    one.close()
    two, found = spool()
    assert [each.number for each in found] == [entry.number], "its first line is whole"
    assert two.load(found[0], NOW) is None
    two.close()
    assert spool()[1] == []
    assert sorted(path.name for path in folder.iterdir()) == [
        f"{0:020d}.batch.corrupt",
        f"{7:020d}.batch.corrupt",
        "README",
        "lock",
    ]


@pytest.mark.parametrize("position", range(0, 200, 7))
def test_a_changed_byte_is_noticed(spool, tmp_path, position):
    one, _ = spool()
    entry = one.store(batch("a", 3), NOW)
    (path,) = (tmp_path / "spool" / "0").glob("*.batch")
    content = bytearray(path.read_bytes())
    content[position] ^= 1
    path.write_bytes(content)
    assert one.load(entry, NOW) is None


def test_processes_share_a_directory_and_adopt_what_the_dead_left(spool, tmp_path):
    script = (
        "import sys, time; from tidings_client.batch import Batch; from tidings_client.spool import Spool\n"
        "spool = Spool(sys.argv[1], 1 << 20); spool.open(time.monotonic())\n"
        "spool.store(Batch.seal('left', ['{}', '{}']), time.monotonic())\n"
        "print('stored', flush=True); sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "spool")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "stored\n"
        one, found = spool()
        assert found == [], "what belongs to a living process is its own"
        assert one.adopt(NOW) == []
        other.kill()
    (adopted,) = one.adopt(NOW)
    assert (adopted.project, adopted.count) == ("left", 2)
    assert one.load(adopted, NOW).messages == ("{}", "{}")
    assert one.adopt(NOW) == []


def test_only_its_owner_may_read_it(spool, tmp_path):
    one, _ = spool()
    one.store(batch(), NOW)
    for path in (tmp_path / "spool").rglob("*"):
        assert os.stat(path).st_mode & 0o077 == 0, path
    assert os.stat(tmp_path / "spool").st_mode & 0o077 == 0


def test_halves_take_the_place_of_the_whole_even_in_a_full_spool(spool):
    one, _ = spool(BLOCK)
    whole = batch("a", 3)
    entry = one.store(whole, NOW)
    entries = one.replace(entry, whole.halves(), NOW)
    assert [half.count for half in entries] == [1, 2]
    assert [one.load(half, NOW) for half in entries] == list(whole.halves())


def test_keys_of_halves_follow_from_the_whole():
    whole = batch("a", 1000)
    assert whole.halves() == whole.halves()
    first, second = whole.halves()
    assert first.messages + second.messages == whole.messages
    keys = {whole.key, first.key, second.key}
    while whole.halves():
        whole = whole.halves()[1]
        keys.add(whole.key)
    assert len(keys) == 2 + 10
    assert max(map(len, keys)) < 100
