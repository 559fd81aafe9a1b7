"""The same recorder in threads, with eventlet and with gevent: each test is a process of its own (worlds/script.py)."""

import importlib.util
import json
import pathlib
import subprocess
import sys
import threading

import pytest
import stub
from conftest import new_requests, requests_of

SCRIPT = pathlib.Path(__file__).parent / "worlds" / "script.py"
GREEN = ["eventlet", "gevent"]


@pytest.fixture(params=["threads", *GREEN])
def world(request, tmp_path):
    """Runs a scenario in this world and returns its results."""
    if request.param in GREEN and importlib.util.find_spec(request.param) is None:
        pytest.fail(f"{request.param} is not installed")

    def run(scenario, endpoint, project, requests):
        command = [sys.executable, "-W", "ignore", str(SCRIPT), request.param, endpoint, str(tmp_path / "spool")]
        done = subprocess.run(
            [*command, project, scenario, *requests], stdout=subprocess.PIPE, text=True, timeout=100, check=True
        )
        return json.loads(done.stdout)

    run.name = request.param
    return run


def test_concurrent_callers(world, url, project):
    wanted = new_requests(200)
    assert world("threads", url, project, wanted) == {"flushed": True, "delivered": 200}
    assert sorted(requests_of(url, project)) == sorted(wanted)


def test_callers_in_native_threads(world, url, project):
    wanted = new_requests(50)
    assert world("driver", url, project, wanted) == {"delivered": 50}
    assert requests_of(url, project) == wanted


def test_a_recorder_that_a_native_thread_made(world, url, project):
    wanted = new_requests(20)
    assert world("made_by_driver", url, project, wanted) == {"delivered": 20}
    assert requests_of(url, project) == wanted


def test_a_services_own_call_in_a_native_thread(world, url, project):
    """The service makes the object in its main thread, and only a driver calls it."""
    wanted = new_requests(20)
    assert world("own_call", url, project, wanted) == {"delivered": 20}
    assert requests_of(url, project) == wanted


def test_children_send_their_own_messages_and_no_others(world, url, project):
    """Every answer is lost at first, so that the fork happens while the parent waits, and batches are repeated."""
    wanted = new_requests(40)
    with stub.running(stub.losing(url, lost=3)) as lossy:
        results = world("fork", lossy.url, project, wanted)
    assert results == {"flushed": True, "codes": [0, 0], "recorded": 20}
    assert sorted(requests_of(url, project)) == sorted(wanted)


def test_no_access_to_a_slow_disk_stalls_the_others(world, project):
    results = world("slow_disk", "http://127.0.0.1:1", project, new_requests(2))
    assert results.keys() == {"flock", "read_bytes", "unlink"}
    # Each took a while, in which a greenlet would have run once if all had stood still.
    assert min(results.values()) > 5, results


def test_neither_a_silent_server_nor_a_slow_disk_stalls_the_others(world, project):
    answers = threading.Event()
    with stub.running(stub.silence(answers)) as silent:
        results = world("stall", silent.url, project, new_requests(200))
        answers.set()
    assert results["took"] < 1.0
    # While the disk took a second, the others ran: without a thread for the disk, a greenlet would have run once.
    assert results["ticks"] > 5
