"""A recorder whose server is down, slow or wrong. Callers never notice."""

import json
import os
import subprocess
import sys
import threading
import time

import pytest
import stub
from conftest import is_settled, messages, new_requests, requests_of, until

from tidings_client import engine
from tidings_client.spool import Spool

#: A caller that waited for the server or the disk would take seconds; a busy machine takes some milliseconds.
BLINK = 1.0


def record_all(recorder, project, requests):
    """Records a message for each request, and returns the longest time that one took."""
    longest = 0.0
    for request in requests:
        before = time.monotonic()
        recorder.record(project, "VOLUME_000002", request_id=request)
        longest = max(longest, time.monotonic() - before)
    return longest


def test_a_killed_server_gets_everything_once(project, recorder, server, tmp_path):
    server.start()
    one = recorder(server.url, spool=tmp_path / "spool")
    wanted = new_requests(300)
    assert record_all(one, project, wanted[:100]) < BLINK
    server.kill()
    assert record_all(one, project, wanted[100:200]) < BLINK
    until(lambda: one.stats().spooled)
    server.start()
    assert record_all(one, project, wanted[200:]) < BLINK
    until(lambda: is_settled(one.stats()))
    assert sorted(requests_of(server.url, project)) == sorted(wanted)
    assert one.stats().dropped == 0


@pytest.mark.parametrize("has_spool", [True, False])
def test_a_lost_answer_records_nothing_twice(url, project, recorder, tmp_path, has_spool):
    with stub.running(stub.losing(url, lost=3)) as lossy:
        one = recorder(lossy.url, spool=tmp_path / "spool" if has_spool else None)
        wanted = new_requests(20)
        record_all(one, project, wanted)
        until(lambda: is_settled(one.stats()))
    assert requests_of(url, project) == wanted
    assert len(lossy.keys) >= 4
    assert len(set(lossy.keys[:4])) == 1


def test_the_spool_survives_a_killed_process(project, recorder, server, tmp_path):
    """The process is killed once its messages are in the spool; another one sends them."""
    wanted = new_requests(50)
    script = (
        "import sys, time; from tidings_client import Recorder\n"
        "endpoint, spool, project, *requests = sys.argv[1:]\n"
        "recorder = Recorder(endpoint, spool=spool, backoff=(0.01, 0.1))\n"
        "for request in requests: recorder.record(project, 'VOLUME_000002', request_id=request)\n"
        "while recorder.stats().spooled < len(requests): time.sleep(0.01)\n"
        "print('spooled', flush=True); time.sleep(60)\n"
    )
    command = [sys.executable, "-c", script, server.url, str(tmp_path / "spool"), project, *wanted]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "spooled\n"
        process.kill()
    server.start()
    one = recorder(server.url, spool=tmp_path / "spool")
    until(lambda: one.stats().restored == 50 and is_settled(one.stats()))
    assert requests_of(server.url, project) == wanted


def test_the_end_of_a_process_sends_what_is_left(url, project):
    script = (
        "import sys; from tidings_client import Recorder\n"
        "recorder = Recorder(sys.argv[1], linger=30)\n"
        "for request in sys.argv[3:]: recorder.record(sys.argv[2], 'VOLUME_000002', request_id=request)\n"
    )
    wanted = new_requests(5)
    subprocess.run([sys.executable, "-c", script, url, project, *wanted], check=True, timeout=60)
    assert requests_of(url, project) == wanted


def test_a_server_that_does_not_answer_blocks_no_caller(project, recorder, tmp_path):
    answers = threading.Event()
    with stub.running(stub.silence(answers)) as silent:
        one = recorder(silent.url, spool=tmp_path / "spool", request_timeout=30)
        assert record_all(one, project, new_requests(1)) < BLINK
        until(lambda: silent.bodies)
        assert record_all(one, project, new_requests(500)) < BLINK
        before = time.monotonic()
        assert one.flush(0.2), "all of it is in the spool, also what is on its way"
        assert time.monotonic() - before < 10
        assert (one.stats().pending, one.stats().spooled) == (0, 501)
        answers.set()
        until(lambda: is_settled(one.stats()))
        assert one.stats().delivered == 501


def test_without_a_spool_a_flush_says_that_messages_wait(project, recorder, server):
    one = recorder(server.url)
    record_all(one, project, new_requests(3))
    assert not one.flush(0.05)
    assert one.stats().pending == 3
    server.start()
    assert one.flush(60)
    assert len(messages(server.url, project)) == 3


def test_memory_and_spool_are_bounded(project, recorder, server, tmp_path):
    spool = tmp_path / "spool"
    one = recorder(server.url, spool=spool, spool_bytes=3 * 4096, queue=100, batch_size=10, linger=0)
    requests = new_requests(1000)
    assert record_all(one, project, requests) < BLINK
    until(lambda: one.stats().pending + one.stats().spooled + one.stats().dropped == 1000)
    one.flush(0)
    files = list(spool.rglob("*.batch"))
    assert len(files) == 3
    stats = one.stats()
    assert stats.spooled <= 30
    assert stats.pending <= 100
    assert stats.dropped >= 870
    server.start()
    until(lambda: is_settled(one.stats()))
    assert len(messages(server.url, project)) == 1000 - stats.dropped


def test_a_spool_that_cannot_be_used_raises_nothing(url, project, recorder, tmp_path, caplog):
    (tmp_path / "file").touch()
    one = recorder(spool=tmp_path / "file" / "spool")
    record_all(one, project, new_requests(2))
    assert one.flush()
    assert len(messages(url, project)) == 2
    assert "cannot be used" in caplog.text


@pytest.mark.parametrize(
    ("code", "body", "headers"),
    [
        (503, b"{}", {}),
        (500, b"{}", {}),
        (429, b'{"overLimit": {"code": 429, "message": ""}}', {"Retry_After": "0"}),
        (401, b"{}", {}),
        (403, b"{}", {}),
        (404, b"<html>", {}),
        (302, b"", {"Location": "http://127.0.0.1:1/"}),
        (200, b"{}", {}),
        # Not in the form of Tidings: a proxy's.
        (400, b"<html>", {}),
        (413, b"{}", {}),
    ],
)
def test_answers_that_no_message_causes_lose_none(project, recorder, code, body, headers):
    with stub.running(stub.status(code, body, **headers)) as wrong:
        one = recorder(wrong.url, backoff=(0.01, 0.02))
        record_all(one, project, new_requests(2))
        until(lambda: len(wrong.keys) >= 2)
        assert one.stats().pending == 2
        assert len(set(wrong.keys)) == 1


def test_one_project_that_has_to_wait_holds_up_no_other(project, recorder):
    def answer(handler, body):
        stub.status(429 if "/busy/" in handler.path else 201)(handler, body)

    with stub.running(answer) as strict:
        one = recorder(strict.url, backoff=(30, 30))
        record_all(one, "busy", new_requests(1))
        until(lambda: strict.bodies)
        record_all(one, project, new_requests(3))
        until(lambda: one.stats().delivered == 3)
        assert one.stats().pending == 1


def test_a_batch_that_is_never_answered_holds_up_no_other_project(project, recorder):
    is_over = threading.Event()

    def answer(handler, body):
        (stub.silence(is_over) if "/mute/" in handler.path else stub.status(201))(handler, body)

    with stub.running(answer) as server:
        one = recorder(server.url, request_timeout=0.1)
        record_all(one, "mute", new_requests(1))
        until(lambda: server.bodies)
        record_all(one, project, new_requests(3))
        until(lambda: one.stats().delivered >= 3)
        is_over.set()
        until(lambda: is_settled(one.stats()))
    assert one.stats().delivered == 4


def test_a_disk_that_hangs_holds_up_neither_a_flush_nor_the_end(project, recorder, tmp_path, monkeypatch):
    hangs, goes_on, sync = threading.Event(), threading.Event(), os.fsync

    def slow_sync(descriptor):
        hangs.set()
        assert goes_on.wait(60)
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", slow_sync)
    monkeypatch.setattr(engine, "GRACE", 0.1)
    one = recorder("http://127.0.0.1:1", spool=tmp_path / "spool")
    record_all(one, project, new_requests(1))
    assert hangs.wait(60)
    assert not one.flush(0.1)
    one.close()
    goes_on.set()
    until(lambda: one.stats().spooled == 1)
    next_process = Spool(tmp_path / "spool", 1 << 20)
    until(lambda: next_process.open(0.0) or next_process.adopt(0.0))
    next_process.close()


def test_the_body_is_the_same_on_every_attempt(project, recorder, tmp_path):
    with stub.running(stub.status(503)) as down:
        one = recorder(down.url, spool=tmp_path / "spool")
        record_all(one, project, new_requests(3))
        until(lambda: len(down.bodies) >= 3 and one.stats().spooled == 3)
        assert len(set(down.bodies)) == 1
        assert len(json.loads(down.bodies[0])["messages"]) == 3
