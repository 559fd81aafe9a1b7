"""The commands of openstackclient, as a user types them."""

import inspect
import json
import logging
import os
import pathlib
import subprocess
import sys

import pytest
from conftest import new_requests
from keystoneauth1 import exceptions
from keystoneauth1.session import Session
from keystoneauth1.token_endpoint import Token
from openstackclient.common.clientmanager import ClientManager
from openstackclient.shell import OpenStackShell

from tidings_client.osc.client import Client, language

RESOURCE = "0b0c2ff5-6a3c-4d0e-9d0f-6c5b7a4e3d21"


class Failed(Exception):
    """The command failed; the text is what it printed."""


@pytest.fixture
def openstack(url, project, capsys, monkeypatch):
    """Runs a command in this process, since to start another one takes longer, and returns what it prints."""
    for variable in list(os.environ):
        if variable.startswith(("OS_", "LANG", "LC_")):
            monkeypatch.delenv(variable)

    def run(*arguments, roles="member,reader", lang="C.UTF-8"):
        options = ["--os-auth-type", "admin_token", "--os-endpoint", f"{url}/v3/{project}"]
        monkeypatch.setenv("LANG", lang)
        capsys.readouterr()
        # Both outlive a command: its client, and where it logs to.
        if cache := inspect.getattr_static(ClientManager, "user_message", None):
            cache._handle = None
        monkeypatch.setattr(logging.root, "handlers", [])
        try:
            status = OpenStackShell().run([*options, "--os-token", f"tester:{project}:{roles}", *arguments])
        except SystemExit as end:
            status = end.code
        printed = capsys.readouterr()
        if status:
            raise Failed(printed.out + printed.err)
        return printed.out

    return run


@pytest.fixture
def rows(openstack):
    """Runs a command and returns its JSON."""
    return lambda *arguments, **how: json.loads(openstack(*arguments, "-f", "json", **how))


@pytest.fixture
def three(recorder, project):
    """Three messages, oldest first."""
    one, requests = recorder(batch_size=1), new_requests(3)
    one.record(project, "VOLUME_000002", request_id=requests[0], resource_type="VOLUME", resource_uuid=RESOURCE)
    one.record(project, "VOLUME_000003", request_id=requests[1], message_level="WARNING")
    one.record(project, "VOLUME_VOLUME_SNAPSHOT_009_006", request_id=requests[2])
    assert one.flush()
    return requests


def test_list_and_its_filters(rows, three):
    def listed(*options):
        return [row["Request ID"] for row in rows("message", "list", "--long", *options)]

    first, second, third = three
    assert listed() == [third, second, first]
    assert listed("--resource", RESOURCE) == [first]
    assert listed("--level", "warning", "--since", "2h") == [second]
    assert listed("--resource-type", "volume_snapshot", "--since", "2000-01-01") == [third]
    assert listed("--before", "1w") == []
    assert listed("--limit", "1") == [third]
    assert list(rows("message", "list")[0]) == ["ID", "Created At", "Message Level", "User Message", "Resource UUID"]


def test_show_in_the_language_of_the_terminal(rows, three):
    (row,) = rows("message", "list", "--resource", RESOURCE)
    shown = rows("message", "show", row["ID"], lang="zh_CN.UTF-8")
    assert shown["User Message"] == "无法为此卷请求分配存储。"
    assert (shown["Event ID"], shown["Request ID"], shown["Retryable"]) == ("VOLUME_000002", three[0], True)


def test_read_and_unread(rows, openstack, three):
    newest = rows("message", "list")[0]["ID"]
    assert rows("message", "read")["Unread"] == 3
    assert rows("message", "read", newest)["Unread"] == 2
    assert newest not in [row["ID"] for row in rows("message", "list", "--unread")]
    assert len(rows("message", "list", "--unread", "--limit", "1")) == 1
    assert rows("message", "read", "--all")["Unread"] == 0
    assert rows("message", "list", "--unread") == []
    with pytest.raises(Failed, match="Name messages, or use --all or --until"):
        openstack("message", "read", "--all", newest)


def test_delete(openstack, rows, three):
    first = rows("message", "list")[-1]["ID"]
    with pytest.raises(Failed, match="1 of 2 messages were not deleted"):
        openstack("message", "delete", "nothing", first)
    assert len(rows("message", "list")) == 2


def test_create(rows, openstack, project):
    options = ["--resource-type", "volume", "--resource", RESOURCE, "--project", project]
    made = rows("message", "create", "--action", "EXTEND_VOLUME", *options, roles="service")
    assert (made["Event ID"], made["Resource UUID"]) == ("VOLUME_VOLUME_007_001", RESOURCE)
    sizes = ["--parameter", "size=21474836480", "--parameter", "limit=10737418240"]
    assert "20" in rows("message", "create", "--event-id", "IMAGE_000003", *sizes, roles="service")["User Message"]
    with pytest.raises(Failed, match=r"event_id: is not in the catalog.*HTTP 400"):
        openstack("message", "create", "--event-id", "VOLUME_999999", roles="service")


def test_the_catalog(rows, openstack):
    listed = rows("message", "catalog", "list", "--service", "volume")
    assert {"Code": "VOLUME_000002", "Name": "UNABLE_TO_ALLOCATE"}.items() <= listed[1].items()
    assert {row["Kind"] for row in listed} == {"message", "action", "detail"}
    shown = rows("message", "catalog", "show", "VOLUME_VOLUME_SNAPSHOT_009_006")
    assert (shown["Action"], shown["Detail"]) == ("SNAPSHOT_CREATE", "QUOTA_EXCEED")
    for unknown in ("VOLUME_999999", "VOLUME_VOLUME_099_001", "nothing"):
        with pytest.raises(Failed, match="is not in the catalog"):
            openstack("message", "catalog", "show", unknown)


def test_listeners(rows, openstack):
    created = rows("event", "listener", "create", "pull", "--name", "billing", "--event-type", "message.*")
    assert (created["Notifier Type"], created["Event Types"], created["Retry"][0]) == ("pull", ["message.*"], 5)
    assert [row["Name"] for row in rows("event", "listener", "list")] == ["billing"]
    changes = ["--description", "for invoices", "--disable", "--retry", "1,2"]
    changed = rows("event", "listener", "set", "billing", *changes)
    assert (changed["Description"], changed["Enabled"], changed["Retry"]) == ("for invoices", False, [1, 2])
    assert rows("event", "listener", "set", created["ID"], "--enable")["Enabled"] is True
    event = rows("event", "listener", "test", "billing")["Event ID"]
    (delivery,) = rows("event", "listener", "delivery", "list", "billing", "--state", "waiting")
    assert (delivery["Event ID"], delivery["Event Type"]) == (event, "listener.test")
    assert rows("event", "listener", "delivery", "show", "billing", event)["State"] == "waiting"
    assert rows("event", "listener", "redeliver", "billing", "--since", "1h") == {"Count": 0}
    openstack("event", "listener", "delete", "billing")
    assert rows("event", "listener", "list", "--long") == []
    with pytest.raises(Failed, match="HTTP 404"):
        openstack("event", "listener", "show", "billing")


def test_the_deliveries_of_several_pages(rows, url, project):
    rows("event", "listener", "create", "pull", "--name", "billing", "--event-type", "message.*")
    events = [rows("event", "listener", "test", "billing")["Event ID"] for _ in range(3)]
    client = Client(Session(Token(url, f"tester:{project}:member,reader")), f"{url}/v3/{project}")
    listener = rows("event", "listener", "show", "billing")["ID"]
    found = client.pages(f"/listeners/{listener}/deliveries", "deliveries", limit=1)
    assert [delivery["event_id"] for delivery in found] == events[::-1]


def test_a_page_may_be_empty_and_have_a_next_one(monkeypatch):
    client = Client(None, "http://tidings/v3/p")
    answers = {
        None: {
            "deliveries": [],
            "deliveries_links": [{"rel": "next", "href": "http://tidings/x?limit=1&marker=a%2Bb"}],
        },
        "a+b": {"deliveries": [{"event_id": "one"}]},
    }
    monkeypatch.setattr(client, "call", lambda _method, _path, params: answers[params.get("marker")])
    assert list(client.pages("/deliveries", "deliveries")) == [{"event_id": "one"}]


def test_an_http_listener(rows):
    options = ["--url", "https://example.org/events", "--header", "X-Key=secret", "--config", "username=me"]
    options += ["--config", "password=secret", "--event-type", "*", "--cloud"]
    created = rows("event", "listener", "create", "http", *options, roles="admin")
    config = created["Notifier Config"]
    assert (config["url"], config["username"], config["password"]) == ("https://example.org/events", "me", "*****")
    assert created["Scope"] == "cloud"


def test_wrong_options_say_what_is_allowed(openstack):
    with pytest.raises(Failed, match=r"--since: must be a time such as .*.*, or so long ago.*'yesterday'"):
        openstack("message", "list", "--since", "yesterday")
    with pytest.raises(Failed, match="--limit: must be a number, 1 or more"):
        openstack("message", "list", "--limit", "0")


def test_the_commands_are_installed():
    """As a user would look for them, in a process of its own."""
    command = [pathlib.Path(sys.executable).with_name("openstack"), "help", "message", "list"]
    shown = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=300, check=True).stdout
    assert "--unread" in shown


class Cloud:
    """What openstackclient hands to a plugin."""

    region_name = interface = None

    def __init__(self, **endpoints):
        self.endpoints = {name.replace("_", "-"): url for name, url in endpoints.items()}
        self.session = self

    def setup_auth(self):
        """Does nothing."""

    def get_project_id(self):
        return "own"

    def get_endpoint_for_service_type(self, service_type, **_):
        if service_type not in self.endpoints:
            raise exceptions.EndpointNotFound
        return self.endpoints[service_type]


def test_the_endpoint_is_the_one_for_user_messages_or_else_block_storage():
    both = Cloud(user_message="http://tidings", block_storage="http://cinder/v3/p1")
    client = Client.for_cloud(both)
    assert (client._base, client.project) == ("http://tidings", "own")
    older = Client.for_cloud(Cloud(volumev3="http://cinder/volume/v3/p1/"))
    assert (older._base, older.project) == ("http://cinder/volume", "p1")
    with pytest.raises(Exception, match="none of: user-message, block-storage"):
        Client.for_cloud(Cloud(image="http://glance"))


@pytest.mark.parametrize(
    ("lang", "tag"),
    [("zh_CN.UTF-8", "zh-CN"), ("C.UTF-8", "en"), ("de_DE@euro", "de-DE"), ("zh_CN:en", "zh-CN"), ("", "en")],
)
def test_the_language_of_a_terminal(monkeypatch, lang, tag):
    for variable in ("LANGUAGE", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("LANG", lang)
    assert language() == tag
