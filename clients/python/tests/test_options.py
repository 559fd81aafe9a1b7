"""Recorders from a service's configuration, and sessions of keystoneauth1."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import stub
from conftest import is_settled, messages, until
from keystoneauth1.plugin import BaseAuthPlugin
from keystoneauth1.session import Session
from keystoneauth1.token_endpoint import Token
from oslo_config import cfg

from tidings_client import Recorder, endpoint, options, shared
from tidings_client.cinder import message_api, message_field
from tidings_client.manila import message_api as manila_api


def configuration(tmp_path, text):
    (tmp_path / "service.conf").write_text(f"[tidings]\n{text}")
    conf = cfg.ConfigOpts()
    conf([], default_config_files=[str(tmp_path / "service.conf")])
    return conf


def record_one(recorder, url, project):
    recorder.record(project, "VOLUME_000002")
    assert recorder.flush()
    until(lambda: is_settled(recorder.stats()))
    recorder.close()
    return messages(url, project)


def test_a_configuration_without_an_identity_service(tmp_path, url, project):
    conf = configuration(tmp_path, f"endpoint_override = {url}\nspool = {tmp_path}/spool\nuser = cinder\n")
    assert len(record_one(options.recorder(conf), url, project)) == 1


def test_a_configuration_with_keystoneauth(tmp_path, url, project):
    """The plugin `admin_token` brings a token and an endpoint, as Keystone does."""
    text = f"auth_type = admin_token\nendpoint = {url}/v3/services\ntoken = cinder:services:service\n"
    assert len(record_one(options.recorder(configuration(tmp_path, text)), url, project)) == 1


def test_the_login_may_be_in_another_section(tmp_path, url, project):
    text = (
        "auth_section = keystone_authtoken\n[keystone_authtoken]\n"
        f"auth_type = admin_token\nendpoint = {url}/v3/services\ntoken = cinder:services:service\n"
    )
    assert len(record_one(options.recorder(configuration(tmp_path, text)), url, project)) == 1


def test_every_option_is_offered_to_the_generator():
    ((group, listed),) = options.list_opts()
    names = {option.name for option in listed}
    assert group == "tidings"
    assert {"endpoint_override", "spool", "auth_type", "cafile"} <= names
    assert all(option.help for option in options.OPTIONS)


def test_a_call_makes_the_recorder_of_the_service(tmp_path, url, project, monkeypatch):
    monkeypatch.setattr(cfg, "CONF", configuration(tmp_path, f"endpoint_override = {url}\n"))
    monkeypatch.setattr(shared, "_recorders", {})

    class Context:
        project_id = project
        request_id = None

    message_api.API().create(Context, message_field.Action.ATTACH_VOLUME)
    made = shared.recorder()
    assert made is shared.recorder()
    assert made.flush()
    assert len(messages(url, project)) == 1
    made.close()


@pytest.mark.parametrize("api", [message_api.API, manila_api.API])
def test_the_recorder_is_made_with_the_object_that_services_call(tmp_path, url, monkeypatch, api):
    conf = cfg.ConfigOpts()
    monkeypatch.setattr(cfg, "CONF", conf)
    monkeypatch.setattr(shared, "_recorders", {})
    api()
    assert not shared._recorders, "there is no configuration yet"
    monkeypatch.setattr(cfg, "CONF", configuration(tmp_path, f"endpoint_override = {url}\n"))
    api()
    shared._recorders["shared"].close()


def test_threads_that_come_first_together_make_one_recorder(tmp_path, url, monkeypatch):
    monkeypatch.setattr(cfg, "CONF", configuration(tmp_path, f"endpoint_override = {url}\n"))
    monkeypatch.setattr(shared, "_recorders", {})
    made, all_there, make = [], threading.Barrier(4), options.recorder
    monkeypatch.setattr(options, "recorder", lambda conf: made.append(make(conf)) or time.sleep(0.05) or made[-1])

    def first():
        all_there.wait(60)
        return shared.recorder()

    with ThreadPoolExecutor(4) as pool:
        results = {future.result() for future in [pool.submit(first) for _ in range(4)]}
    assert results == set(made)
    assert len(made) == 1
    made[0].close()


def test_a_wrong_configuration_raises_nothing_into_the_caller(tmp_path, project, monkeypatch, caplog):
    monkeypatch.setattr(cfg, "CONF", configuration(tmp_path, "endpoint_override = not a url\n"))
    monkeypatch.setattr(shared, "_recorders", {})

    class Context:
        project_id = project
        request_id = None

    message_api.API().create(Context, message_field.Action.ATTACH_VOLUME)
    assert "cannot be made" in caplog.text
    assert "was not recorded" in caplog.text


@pytest.mark.parametrize("path", ["", "/v3", "/v3/", "/v3/services"])
def test_the_endpoint_of_the_catalog_may_name_a_version_and_a_project(url, project, path):
    session = Session(Token(f"{url}{path}", "cinder:services:service"))
    assert len(record_one(Recorder(session=session), url, project)) == 1


@pytest.mark.parametrize(
    ("url", "base", "project"),
    [
        ("http://h", "http://h", None),
        ("http://h:1/v3/", "http://h:1", None),
        ("https://h/volume/v3/p1", "https://h/volume", "p1"),
        ("https://h/volume/v3/p1/", "https://h/volume", "p1"),
        ("https://h/tidings", "https://h/tidings", None),
    ],
)
def test_the_parts_of_an_endpoint(url, base, project):
    assert (endpoint.base(url), endpoint.project(url)) == (base, project)


def test_a_function_makes_the_session(url, project):
    made = []

    def make():
        made.append(Session(Token(url, "cinder:services:service")))
        return made[-1]

    assert len(record_one(Recorder(session=make), url, project)) == 1
    assert len(made) == 1


class Renewing(BaseAuthPlugin):
    """Has an expired token until told to get another one."""

    def __init__(self, url):
        super().__init__()
        self.url, self.tokens = url, ["cinder:services:service", "expired"]

    def get_token(self, session, **_):
        # Without a colon, a token names no project, and has no role that may record.
        return self.tokens[-1] if len(self.tokens) > 1 else self.tokens[0]

    def get_endpoint(self, session, service_type=None, **_):
        return self.url if service_type == "block-storage" else None

    def invalidate(self):
        return bool(self.tokens.pop()) if len(self.tokens) > 1 else False


def test_a_rejected_token_is_renewed(url, project):
    """The endpoint is that of block storage, since there is none for user messages."""

    def answer(handler, body):
        is_expired = handler.headers["X-Auth-Token"] == "expired"
        stub.status(401 if is_expired else 201)(handler, body)

    with stub.running(answer) as strict:
        recorder = Recorder(session=Session(Renewing(strict.url)))
        recorder.record(project, "VOLUME_000002")
        until(lambda: recorder.stats().delivered == 1)
        assert strict.tokens == ["expired", "cinder:services:service"]
        recorder.close()


def test_without_an_endpoint_messages_wait(project, tmp_path):
    recorder = Recorder(session=Session(Renewing(None)), spool=tmp_path / "spool", shutdown_timeout=0)
    recorder.record(project, "VOLUME_000002")
    until(lambda: recorder.stats().spooled == 1)
    recorder.close()
