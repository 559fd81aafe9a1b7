"""Shared by the tests. They need a noauth server at $TIDINGS_URL, and its program as $TIDINGS to start and kill others.

tests/steps/61-python provides both, and the examples of docs/python.md in $DOCUMENTED. Every test has its own project,
so tests do not see each other's messages.
"""

import json
import os
import socket
import subprocess
import time
import urllib.request
import uuid

import pytest

from tidings_client import Recorder

#: Far more than anything takes, even on a busy machine.
PATIENCE = 60


def until(condition):
    """Waits for a condition, and returns what it returns."""
    deadline = time.monotonic() + PATIENCE
    while not (met := condition()):
        assert time.monotonic() < deadline, "this never came true"
        time.sleep(0.01)
    return met


def is_settled(stats):
    """Whether nothing waits, and every message is accounted for."""
    assert stats.recorded + stats.restored >= stats.delivered + stats.refused + stats.dropped
    return stats.pending == stats.spooled == 0


def messages(url, project):
    """Returns a project's messages, oldest first."""
    request = urllib.request.Request(
        f"{url}/v3/{project}/messages?sort=created_at:asc",
        headers={"X-Auth-Token": f"tester:{project}:reader", "Accept": "application/vnd.tidings.message+json"},
    )
    with urllib.request.urlopen(request, timeout=PATIENCE) as response:
        return json.load(response)["messages"]


def requests_of(url, project):
    """Returns the ids of the requests that the messages are about: they tell messages of a test apart."""
    return [message["request_id"] for message in messages(url, project)]


def new_requests(count):
    return [f"req-{uuid.uuid4()}" for _ in range(count)]


@pytest.fixture(scope="session")
def url():
    return os.environ["TIDINGS_URL"]


@pytest.fixture
def project():
    return uuid.uuid4().hex


@pytest.fixture
def recorder(url):
    """Makes recorders that are closed after the test; they send to the shared server unless told otherwise."""
    made = []

    def make(endpoint=url, **settings):
        settings = {"backoff": (0.01, 0.1), "shutdown_timeout": 0.0, **settings}
        made.append(Recorder(endpoint, **settings))
        return made[-1]

    yield make
    for one in made:
        one.close()


class Server:
    """A server of the test's own, which can be killed and started again."""

    def __init__(self, folder):
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._process = None

    def start(self):
        self.folder.mkdir(exist_ok=True)
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [os.environ["TIDINGS"], "serve", "--bind", f"127.0.0.1:{self.port}"],
                cwd=self.folder,
                stdout=log,
                stderr=log,
                env={name: value for name, value in os.environ.items() if not name.startswith("OS_")},
            )
        until(self._answers)
        return self

    def kill(self):
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _answers(self):
        try:
            return urllib.request.urlopen(f"{self.url}/healthcheck", timeout=PATIENCE)
        except OSError:
            return None


@pytest.fixture
def server(tmp_path):
    """A server that is not started yet."""
    one = Server(tmp_path / "server")
    yield one
    one.kill()
