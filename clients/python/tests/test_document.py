"""The examples of docs/python.md and of the README work as they are written."""

import os
import pathlib
import re
import sys
import types

import pytest
from conftest import messages, until
from test_cinder import Context

from tidings_client import shared
from tidings_client.cinder import message_field

README = pathlib.Path(__file__).parent.parent / "README.md"
PROJECT = "6e4ba1b5f0ad4c5a8b0c1e9b3a6f7d21"


@pytest.fixture(params=["README", "docs/python.md"])
def examples(request, url, project, tmp_path):
    """The Python of a document, with the test's server, project and spool."""
    if request.param == "README":
        text = README.read_text(encoding="utf-8")
        for documented, real in (
            ("http://127.0.0.1:8790", url),
            ("/var/spool/cinder/tidings", str(tmp_path / "spool")),
        ):
            assert documented in text
            text = text.replace(documented, real)
        record, _, cinder, start = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    else:
        folder = pathlib.Path(os.environ["DOCUMENTED"])
        names = ("recorder", "cinder", "cinder-volume")
        record, cinder, start = ((folder / f"{name}.py").read_text(encoding="utf-8") for name in names)
    assert PROJECT in record
    return {"record": record.replace(PROJECT, project), "cinder": cinder, "start": start}


def test_record(examples, url, project):
    names = {}
    exec(examples["record"], names)
    assert names["recorder"].flush()
    names["recorder"].close()
    (message,) = messages(url, project)
    assert message["user_message"] == "No storage could be allocated for this volume request."


def test_a_session_of_keystoneauth():
    """Keystone is not there, so only the settings are looked at."""
    _, session, *_ = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    names = {"Recorder": lambda endpoint, **settings: (endpoint, sorted(settings))}
    exec(session, names)
    assert names["recorder"] == ("https://tidings.example.org", ["session", "spool"])


def test_the_script_that_starts_a_service_of_cinder(examples, url, project, recorder, monkeypatch):
    """Cinder is modelled by what the script uses: its services look the class up in its module when they start."""
    api = types.ModuleType("cinder.message.api")
    api.API = None

    def main():
        api.API().create(Context(project), message_field.Action.EXTEND_VOLUME)
        return 0

    volume = types.ModuleType("cinder.cmd.volume")
    volume.main = main
    for name in ("cinder", "cinder.cmd", "cinder.message"):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    sys.modules["cinder.cmd"].volume, sys.modules["cinder.message"].api = volume, api
    monkeypatch.setattr(shared, "_recorders", {"shared": recorder()})
    with pytest.raises(SystemExit) as end:
        exec(examples["start"], {})
    assert end.value.code == 0
    until(lambda: shared.recorder().stats().delivered == 1)
    assert [message["event_id"] for message in messages(url, project)] == ["VOLUME_VOLUME_007_001"]


def test_cinders_call(examples, url, project, recorder, monkeypatch):
    monkeypatch.setattr(shared, "_recorders", {"shared": recorder()})
    exec(examples["cinder"], {"context": Context(project)})
    until(lambda: shared.recorder().stats().delivered == 2)
    found = messages(url, project)
    assert [message["event_id"] for message in found] == ["VOLUME_VOLUME_SNAPSHOT_009_013", "VOLUME_000002"]
