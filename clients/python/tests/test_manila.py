"""Manila's own call."""

import inspect

import pytest
from conftest import messages
from test_cinder import Context

from tidings_client.manila import message_api, message_field

Action, Detail, Resource = message_field.Action, message_field.Detail, message_field.Resource
SHARE = "0b0c2ff5-6a3c-4d0e-9d0f-6c5b7a4e3d21"


class NoValidHost(Exception):
    """Has the name of Manila's."""

    def __init__(self, **detail_data):
        super().__init__("secret")
        self.detail_data = detail_data


class NoWeighedHost(NoValidHost):
    """A kind of it."""


@pytest.mark.parametrize(
    ("kwargs", "event_id"),
    [
        ({}, "SHARE_SHARE_002_001"),
        ({"detail": Detail.NO_SHARE_SERVER}, "SHARE_SHARE_002_004"),
        ({"exception": NoValidHost()}, "SHARE_SHARE_002_002"),
        ({"exception": NoValidHost(last_filter="CapacityFilter")}, "SHARE_SHARE_002_009"),
        ({"exception": NoWeighedHost(last_filter="DriverFilter")}, "SHARE_SHARE_002_010"),
        # Unlike in Cinder, an unknown exception wins over the detail.
        ({"exception": KeyError(), "detail": Detail.NO_SHARE_SERVER}, "SHARE_SHARE_002_001"),
        ({"resource_type": Resource.SHARE_REPLICA, "resource_id": SHARE}, "SHARE_SHARE_REPLICA_002_001"),
    ],
)
def test_a_message_has_the_code_that_manila_means(url, project, recorder, kwargs, event_id):
    one, context = recorder(), Context("the service's own project")
    message_api.API(one).create(context, Action.CREATE, project, **kwargs)
    assert one.flush()
    (message,) = messages(url, project)
    assert (message["event_id"], message["request_id"]) == (event_id, context.request_id)
    assert message.get("resource_uuid") == kwargs.get("resource_id")


def test_a_wrong_call_raises_nothing(recorder, project, caplog):
    message_api.API(recorder()).create(Context(project), None, project)
    assert "was not recorded" in caplog.text


def test_the_signature_is_manilas():
    assert str(inspect.signature(message_api.API.create)) == (
        "(self, context, action, project_id, resource_type=None, resource_id=None, exception=None, detail=None, "
        "level='ERROR')"
    )
    message_api.API().cleanup_expired_messages(None)
