"""A recorder in a good world."""

import gc
import inspect
import os
import threading
import uuid

import pytest
from conftest import is_settled, messages, new_requests, requests_of, until

from tidings_client import Recorder
from tidings_client.batch import Batch
from tidings_client.bell import Bell
from tidings_client.catalog import share, volume
from tidings_client.spool import Spool


def test_messages_arrive_in_order_with_their_fields(url, project, recorder):
    one = recorder()
    wanted = new_requests(3)
    resource = uuid.uuid4()
    for request in wanted:
        one.record(
            project,
            action=volume.Action.SNAPSHOT_CREATE,
            exception=type("SnapshotLimitExceeded", (Exception,), {})("secret"),
            resource_type=volume.Resource.VOLUME_SNAPSHOT,
            resource_uuid=resource,
            request_id=request,
            message_level="WARNING",
        )
    assert one.flush()
    found = messages(url, project)
    assert [message["request_id"] for message in found] == wanted
    assert found[0]["event_id"] == "VOLUME_VOLUME_SNAPSHOT_009_006"
    assert found[0]["resource_uuid"] == str(resource)
    assert found[0]["message_level"] == "WARNING"


def test_messages_of_several_threads_arrive_once(url, project, recorder):
    one = recorder(batch_size=7)
    wanted = new_requests(200)

    def record(part):
        for request in part:
            one.record(project, volume.Message.UNABLE_TO_ALLOCATE, request_id=request)

    threads = [threading.Thread(target=record, args=(wanted[n::4],)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert one.flush()
    assert sorted(requests_of(url, project)) == sorted(wanted)
    assert one.stats().delivered == one.stats().recorded == 200


def test_a_refused_message_harms_no_other(url, project, recorder):
    one = recorder(linger=0.2)
    wanted = new_requests(9)
    for n, request in enumerate(wanted):
        one.record(project, "VOLUME_000002" if n != 4 else "VOLUME_999999", request_id=request)
    until(lambda: is_settled(one.stats()))
    assert requests_of(url, project) == wanted[:4] + wanted[5:]
    assert (one.stats().delivered, one.stats().refused) == (8, 1)


@pytest.mark.parametrize(
    ("project_id", "fields"),
    [
        (None, {}),
        ("", {}),
        ("..", {}),
        ("a/../b", {}),
        ("p\u00e9", {}),
        ("p", {"parameters": {"x": object()}}),
        ("p", {"parameters": {"x": "y" * 70_000}}),
        ("p", {"resource_type": ()}),
    ],
)
def test_what_cannot_be_sent_is_counted_and_raises_nothing(recorder, project_id, fields):
    one = recorder()
    one.record(project_id, "VOLUME_000002", **fields)
    assert (one.stats().recorded, one.stats().refused) == (1, 1)


def test_what_is_not_the_id_of_a_request_is_left_out(url, project, recorder):
    one = recorder()
    one.record(project, "VOLUME_000002", request_id="something else")
    assert one.flush()
    assert requests_of(url, project)[0].startswith("req-")


def test_a_large_batch_is_split(url, project, recorder):
    one = recorder(linger=1.0)
    for request in new_requests(1500):
        one.record(project, "SHARE_SHARE_001_002", request_id=request, resource_type=share.Resource.SHARE)
    assert one.flush()
    assert one.stats().delivered == 1500


def test_nothing_is_recorded_after_the_end(project, recorder):
    one = recorder()
    one.close()
    one.close()
    one.record(project, "VOLUME_000002")
    assert (one.stats().recorded, one.stats().dropped) == (1, 1)


def test_all_faults_of_settings_are_reported_at_once():
    with pytest.raises(ValueError, match=r"endpoint: .*user: .*batch_size: .*queue: .*backoff: "):
        Recorder("ftp://x", user="a:b", batch_size=0, queue=0, backoff=(2, 1))
    with pytest.raises(ValueError, match="endpoint: must not contain a user or password") as error:
        Recorder("http://me:secret@host")
    assert "secret" not in str(error.value)


def test_the_documentation_has_every_setting():
    settings = set(inspect.signature(Recorder).parameters) - {"region_name", "interface"}
    assert all(f":param {name}:" in Recorder.__doc__ for name in settings)


def test_a_closed_recorder_leaves_nothing_open(url, project, recorder, tmp_path):
    before = set(os.listdir("/proc/self/fd"))
    one = recorder(spool=tmp_path / "spool")
    one.record(project, "VOLUME_000002")
    assert one.flush()
    one.close()
    # The connection to the server closes with the thread.
    until(lambda: gc.collect() >= 0 and not set(os.listdir("/proc/self/fd")) - before)
    one.record(project, "VOLUME_000002")
    assert one.stats().dropped == 1


def test_a_flush_after_the_end_leaves_the_spool_closed(recorder, tmp_path):
    one = recorder(spool=tmp_path / "spool")
    one.close()
    assert one.flush()
    spool = Spool(tmp_path / "spool", 1 << 20)
    spool.open(0.0)
    assert spool.store(Batch.seal("p", ["{}"]), 0.0)
    spool.close()
    assert [path.parent.name for path in (tmp_path / "spool").rglob("*.batch")] == ["0"]


def test_a_bell_that_is_closed_writes_into_no_other_file():
    bell = Bell()
    bell.ring()
    bell.wait(0)
    bell.close()
    reader, writer = os.pipe()
    bell.ring()
    os.close(writer)
    assert os.read(reader, 1) == b""
    os.close(reader)


def test_a_ring_does_not_use_the_number_of_a_descriptor(monkeypatch):
    """The thread may close the bell after a caller has looked up the number, which then is another file's."""
    bell = Bell()
    monkeypatch.setattr(os, "write", lambda *_: pytest.fail("written by number"))
    bell.ring()
    assert bell._ears.recv(8) == b"!"
    bell.close()


@pytest.mark.parametrize("endpoint", ["http://h:99999", "http://h:0", "http://h:x"])
def test_a_wrong_port_is_a_fault(endpoint):
    with pytest.raises(ValueError, match="endpoint: must have a port of 1 to 65535"):
        Recorder(endpoint)
