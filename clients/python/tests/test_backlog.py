"""The choice of the batch to send next."""

import pytest

from tidings_client.backlog import Backlog
from tidings_client.batch import Batch
from tidings_client.health import Backoff
from tidings_client.inbox import Inbox
from tidings_client.spool import UNREADABLE_NOW
from tidings_client.spool_folder import Entry
from tidings_client.stats import Ledger


class Disk:
    """A spool whose batches cannot be read until it is told that they can."""

    def __init__(self):
        self.is_readable = False

    def load(self, entry, _now):
        return Batch.seal(entry.project, ["{}"]) if self.is_readable else UNREADABLE_NOW


@pytest.fixture
def disk():
    return Disk()


@pytest.fixture
def ledger():
    return Ledger()


@pytest.fixture
def backlog(disk, ledger):
    return Backlog(disk, Backoff(1.0, 2.0), Inbox(100), ledger)


def test_what_cannot_be_read_now_waits_and_others_go_on(backlog, disk, ledger):
    backlog.restore([Entry("spooled", 0, 5, 4096)])
    backlog.add(Batch.seal("other", ["{}"]))
    assert backlog.next(0.0).batch.project == "other"
    assert (ledger.dropped, ledger.spooled) == (0, 5)
    assert 0 < backlog.next_change(0.0) <= 1.0
    disk.is_readable = True
    assert backlog.next(1.0).batch.project == "spooled"


def test_projects_take_turns_behind_a_batch_that_is_not_answered(backlog):
    for project in ("a", "b", "c"):
        backlog.add(Batch.seal(project, ["{}"]))
    tried = []
    for _ in range(6):
        parcel = backlog.next(0.0)
        tried.append(parcel.batch.project)
        backlog.step_back(parcel)
    assert tried == ["a", "b", "c", "a", "b", "c"]


def test_a_project_that_stepped_back_goes_before_what_comes_later(backlog):
    backlog.add(Batch.seal("suspect", ["{}"]))
    backlog.step_back(backlog.next(0.0))
    backlog.add(Batch.seal("new", ["{}"]))
    assert backlog.next(0.0).batch.project == "suspect"
