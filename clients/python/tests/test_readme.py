"""The examples of the README work as they are written."""

import pathlib
import re

import pytest
from conftest import messages, until
from test_cinder import Context

from tidings_client import shared

README = pathlib.Path(__file__).parent.parent / "README.md"
PROJECT = "6e4ba1b5f0ad4c5a8b0c1e9b3a6f7d21"


@pytest.fixture
def blocks(url, project, tmp_path):
    """The README's Python, with the test's server, project and spool."""
    text = README.read_text(encoding="utf-8")
    for documented, real in (
        ("http://127.0.0.1:8790", url),
        (PROJECT, project),
        ("/var/spool/cinder/tidings", str(tmp_path / "spool")),
    ):
        assert documented in text
        text = text.replace(documented, real)
    return re.findall(r"```python\n(.*?)```", text, re.DOTALL)


def test_record(blocks, url, project, capsys):
    names = {}
    exec(blocks[0], names)
    assert capsys.readouterr().out == "1\n"
    names["recorder"].close()
    exec(blocks[1], names)
    names["recorder"].close()
    (message,) = messages(url, project)
    assert message["user_message"] == "No storage could be allocated for this volume request."


def test_cinders_call(blocks, url, project, recorder, monkeypatch):
    monkeypatch.setattr(shared, "_recorders", {"shared": recorder()})
    exec(blocks[2], {"context": Context(project)})
    until(lambda: shared.recorder().stats().delivered == 2)
    found = messages(url, project)
    assert [message["event_id"] for message in found] == ["VOLUME_VOLUME_SNAPSHOT_009_013", "VOLUME_000002"]
