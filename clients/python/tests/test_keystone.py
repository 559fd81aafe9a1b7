"""A recorder and a command that log in. Keystone is a stub, and Tidings takes its tokens as those of noauth."""

import json
import socket

import pytest
import stub
from conftest import PATIENCE, is_settled, messages, until
from keystoneauth1.identity import v3
from keystoneauth1.session import Session

from tidings_client import Recorder, limiter
from tidings_client.osc.client import Client


class Keystone:
    """Answers logins with a service catalog."""

    def __init__(self, token, **endpoints):
        self.token, self.status, self.logins = token, 201, 0
        domain = {"id": "default", "name": "Default"}
        catalog = [
            {"type": service_type.replace("_", "-"), "name": "x", "endpoints": [{"interface": kind, "url": url}]}
            for service_type, url in endpoints.items()
            for kind in ("internal", "public")
        ]
        self.body = {
            "token": {
                "user": {"id": "cinder", "name": "cinder", "domain": domain},
                "project": {"id": "services", "name": "services", "domain": domain},
                "expires_at": "2100-01-01T00:00:00.000000Z",
                "catalog": catalog,
            }
        }

    def move(self, service_type, url):
        for service in self.body["token"]["catalog"]:
            if service["type"] == service_type:
                service["endpoints"][0]["url"] = url

    def answer(self, handler, _body):
        self.logins += 1
        body = json.dumps(self.body).encode() if self.status == 201 else b"{}"
        stub.status(self.status, body, X_Subject_Token=self.token)(handler, _body)


def session(keystone_url):
    auth = v3.Password(
        f"{keystone_url}/v3", username="cinder", password="s3cret", project_id="services", user_domain_id="default"
    )
    return Session(auth=auth)


@pytest.mark.parametrize("service_type", ["user_message", "block_storage", "volumev3"])
def test_the_service_catalog_says_where_the_server_is(url, project, service_type):
    keystone = Keystone("cinder:services:service", image="http://127.0.0.1:1", **{service_type: f"{url}/v3/services"})
    with stub.running(keystone.answer) as identity:
        recorder = Recorder(session=session(identity.url))
        recorder.record(project, "VOLUME_000002")
        assert recorder.flush()
        recorder.record(project, "VOLUME_000002")
        assert recorder.flush()
        recorder.close()
    assert len(messages(url, project)) == 2
    assert keystone.logins == 1


@pytest.mark.parametrize("fault", [401, 403, 503])
def test_messages_wait_while_keystone_gives_no_token(url, project, tmp_path, caplog, fault):
    keystone = Keystone("cinder:services:service", user_message=url)
    keystone.status = fault
    with stub.running(keystone.answer) as identity:
        recorder = Recorder(session=session(identity.url), spool=tmp_path / "spool", backoff=(0.01, 0.02))
        recorder.record(project, "VOLUME_000002")
        until(lambda: keystone.logins >= 2)
        until(lambda: recorder.stats().spooled == 1)
        assert ("check the endpoint and the credentials" in caplog.text) == (fault < 500)
        keystone.status = 201
        until(lambda: is_settled(recorder.stats()))
        recorder.close()
    assert len(messages(url, project)) == 1
    assert "s3cret" not in caplog.text
    assert all(b"s3cret" not in path.read_bytes() for path in (tmp_path / "spool").rglob("*") if path.is_file())


def test_a_keystone_that_does_not_answer_is_tried_again(project, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(PATIENCE)
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        recorder = Recorder(session=session(url), spool=tmp_path / "spool", request_timeout=0.1, backoff=(0.01, 0.02))
        recorder.record(project, "VOLUME_000002")
        # More connections than requests makes of one attempt by itself.
        callers = [silent.accept() for _ in range(5)]
        until(lambda: recorder.stats().spooled == 1)
        recorder.close()
        for caller, _ in callers:
            caller.close()


def test_an_endpoint_that_has_moved_is_looked_up_again(url, project, caplog, monkeypatch):
    """The old address answers as another service does."""
    monkeypatch.setattr(limiter, "WARN_EVERY", 0.01)
    fault = b'{"itemNotFound": {"code": 404, "message": "Moved\\n away."}}'
    with stub.running(stub.status(404, fault)) as old:
        keystone = Keystone("cinder:services:service", user_message=old.url)
        with stub.running(keystone.answer) as identity:
            recorder = Recorder(session=session(identity.url), backoff=(0.01, 0.02))
            recorder.record(project, "VOLUME_000002")
            until(lambda: old.bodies)
            keystone.move("user-message", url)
            until(lambda: is_settled(recorder.stats()))
            recorder.close()
    assert len(messages(url, project)) == 1
    assert "check the endpoint and the credentials: 404: Moved away." in caplog.text


def test_not_every_wrong_answer_costs_a_login(project):
    with stub.running(stub.status(404)) as wrong:
        keystone = Keystone("cinder:services:service", user_message=wrong.url)
        with stub.running(keystone.answer) as identity:
            recorder = Recorder(session=session(identity.url), backoff=(0.01, 0.02), shutdown_timeout=0)
            recorder.record(project, "VOLUME_000002")
            until(lambda: len(wrong.bodies) >= 6)
            recorder.close()
    assert keystone.logins < 4


def test_a_warning_says_why_there_is_no_connection(project, caplog):
    recorder = Recorder("http://127.0.0.1:1", backoff=(0.01, 0.02), shutdown_timeout=0)
    recorder.record(project, "VOLUME_000002")
    until(lambda: "Connection refused" in caplog.text)
    recorder.close()


class Cloud:
    """What openstackclient hands to a plugin, with a session of its own."""

    interface, region_name = "public", None

    def __init__(self, session):
        self.session = session

    def setup_auth(self):
        """Does nothing: the session logs in."""

    def get_endpoint_for_service_type(self, service_type, **options):
        return self.session.get_endpoint(service_type=service_type, **options)


def test_a_command_uses_the_project_of_its_token(url):
    keystone = Keystone("cinder:services:member,reader", user_message=url)
    with stub.running(keystone.answer) as identity:
        client = Client.for_cloud(Cloud(session(identity.url)))
        assert client.project == "services"
        assert isinstance(client.call("GET", "/messages")["messages"], list)
