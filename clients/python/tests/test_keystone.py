"""A recorder and a command that log in. Keystone is a stub, and Tidings takes its tokens as those of noauth."""

import json

import pytest
import stub
from conftest import is_settled, messages, until
from keystoneauth1.identity import v3
from keystoneauth1.session import Session

from tidings_client import Recorder
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
