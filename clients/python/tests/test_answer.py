"""What answers of the server mean."""

import email.utils
import time

import pytest

from tidings_client import answer
from tidings_client.answer import Fate
from tidings_client.health import Backoff, Health, Wait


def fault(status):
    return b'{"badRequest": {"code": %d, "message": "x"}}' % status


@pytest.mark.parametrize("status", [400, 413, 422])
def test_only_tidings_refuses_messages(status):
    assert answer.read(status, None, fault(status)).fate is Fate.REFUSED
    for other in (b"", b"<html>", b"{}", b"[]", b'{"a": 1}', b'{"a": {"code": 500}}', b"\xff"):
        assert answer.read(status, None, other) == answer.Answer(Fate.HOLD, status, Wait.SLOW)


@pytest.mark.parametrize(
    ("status", "fate", "wait"),
    [
        (201, Fate.DELIVERED, Wait.BACKOFF),
        (401, Fate.DOWN, Wait.SLOW),
        (408, Fate.DOWN, Wait.BACKOFF),
        (502, Fate.DOWN, Wait.BACKOFF),
        (503, Fate.DOWN, Wait.BACKOFF),
        (429, Fate.HOLD, Wait.BACKOFF),
        (500, Fate.HOLD, Wait.BACKOFF),
        (200, Fate.HOLD, Wait.SLOW),
        (302, Fate.HOLD, Wait.SLOW),
        (403, Fate.HOLD, Wait.SLOW),
        (404, Fate.HOLD, Wait.SLOW),
    ],
)
def test_each_status_has_its_meaning(status, fate, wait):
    read = answer.read(status, None, b"")
    assert (read.fate, read.wait) == (fate, wait)


def test_retry_after_is_read_as_seconds_and_as_a_date():
    assert answer.read(503, "120", b"").wait == 120
    assert answer.read(503, "-1", b"").wait == 0
    later = email.utils.formatdate(time.time() + 60, usegmt=True)
    assert 50 < answer.read(429, later, b"").wait <= 60
    assert answer.read(429, email.utils.formatdate(0, usegmt=True), b"").wait == 0
    assert answer.read(429, "soon", b"").wait is Wait.BACKOFF


def test_waits_grow_to_their_bound():
    backoff = Backoff(0.1, 1.0)
    for failures, longest in ((1, 0.1), (2, 0.2), (3, 0.4), (5, 1.0), (10**9, 1.0)):
        assert longest / 2 <= backoff.delay(Wait.BACKOFF, failures) <= longest
    assert backoff.delay(Wait.SLOW, 1) >= 0.5
    assert 7 <= backoff.delay(7.0, 1) <= 7.1
    assert backoff.delay(1e12, 1) < 3601


def test_a_server_that_was_down_is_asked_when_it_is_time():
    health = Health(Backoff(10.0, 10.0))
    assert health.failed(Wait.BACKOFF, 100.0)
    assert not health.failed(Wait.BACKOFF, 100.0)
    assert not health.may_try(101.0)
    assert health.may_try(111.0)
    assert health.answered()
    assert health.is_up
    assert not health.answered()
