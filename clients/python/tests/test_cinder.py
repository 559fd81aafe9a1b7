"""Cinder's own call, in both forms."""

import inspect
import uuid

import pytest
from conftest import messages

from tidings_client import shared
from tidings_client.cinder import defined_messages, message_api, message_field, resource_types

Action, Detail, Resource = message_field.Action, message_field.Detail, message_field.Resource
VOLUME = "0b0c2ff5-6a3c-4d0e-9d0f-6c5b7a4e3d21"


class Context:
    """What the services pass."""

    def __init__(self, project, **fields):
        self.project_id = project
        self.request_id = f"req-{uuid.uuid4()}"
        self.__dict__.update(fields)


class ImageTooBig(Exception):
    """Has the name of Cinder's."""


@pytest.fixture
def context(project):
    return Context(project)


@pytest.fixture
def created(url, context, recorder):
    """Calls `create` and returns the message that the context's project then has."""
    one = recorder()

    def call(*args, method="create", **kwargs):
        getattr(message_api.API(one), method)(context, *args, **kwargs)
        assert one.flush()
        assert one.stats().delivered == 1, one.stats()
        (message,) = messages(url, context.project_id)
        assert message["request_id"] == context.request_id
        return message

    return call


@pytest.mark.parametrize(
    ("args", "kwargs", "event_id"),
    [
        ((Action.SNAPSHOT_CREATE, Resource.VOLUME_SNAPSHOT, VOLUME), {}, "VOLUME_VOLUME_SNAPSHOT_009_001"),
        ((Action.EXTEND_VOLUME,), {"detail": Detail.DRIVER_FAILED_EXTEND}, "VOLUME_VOLUME_007_010"),
        ((), {"action": Action.BACKUP_CREATE, "resource_type": Resource.VOLUME_BACKUP}, "VOLUME_VOLUME_BACKUP_013_001"),
        # A known exception wins over the detail, an unknown one does not.
        ((Action.ATTACH_VOLUME,), {"exception": ImageTooBig(), "detail": Detail.ATTACH_ERROR}, "VOLUME_VOLUME_002_007"),
        ((Action.ATTACH_VOLUME,), {"exception": KeyError("x"), "detail": Detail.ATTACH_ERROR}, "VOLUME_VOLUME_002_021"),
        # What stands in the place of an exception and is none is ignored.
        ((Action.REIMAGE_VOLUME, Resource.VOLUME, VOLUME, Detail.ATTACH_ERROR), {}, "VOLUME_VOLUME_016_001"),
        # Cinder's own constants have texts of their own.
        ((("009", "its text"), "VOLUME_SNAPSHOT"), {"detail": ("016", "text")}, "VOLUME_VOLUME_SNAPSHOT_009_016"),
    ],
)
def test_the_form_of_cinder_29(created, args, kwargs, event_id):
    message = created(*args, **kwargs)
    assert (message["event_id"], message["message_level"]) == (event_id, "ERROR")


def test_the_older_form(created, context):
    message = created(
        defined_messages.EventIds.UNABLE_TO_ALLOCATE,
        context.project_id,
        resource_type=resource_types.VOLUME,
        resource_uuid=VOLUME,
    )
    assert message["event_id"] == "VOLUME_000002"
    assert (message["resource_type"], message["resource_uuid"]) == ("VOLUME", VOLUME)
    assert message["user_message"] == "No storage could be allocated for this volume request."


def test_the_older_form_with_names(created, context):
    event_id = defined_messages.EventIds.ATTACH_READONLY_VOLUME
    assert created(event_id=event_id, project_id=context.project_id, level="WARNING")["message_level"] == "WARNING"


def test_the_request_context_names_what_was_done(created, context):
    context.message_action = Action.SNAPSHOT_DELETE
    context.message_resource_type = Resource.VOLUME_SNAPSHOT
    context.message_resource_id = VOLUME
    message = created(method="create_from_request_context", detail=Detail.SNAPSHOT_IS_BUSY)
    assert (message["event_id"], message["resource_uuid"]) == ("VOLUME_VOLUME_SNAPSHOT_010_015", VOLUME)


@pytest.mark.parametrize("args", [(), (None,), ("VOLUME_000002",), (Action.ATTACH_VOLUME, 1, 2, 3, 4, 5, 6, 7)])
def test_a_wrong_call_raises_nothing(recorder, context, args, caplog):
    message_api.API(recorder()).create(context, *args)
    assert "was not recorded" in caplog.text


def test_a_context_without_a_project_raises_nothing(recorder):
    one = recorder()
    message_api.API(one).create(Context(None), Action.ATTACH_VOLUME)
    assert one.stats().refused == 1


def test_the_shared_recorder_is_used(url, context, recorder, monkeypatch):
    monkeypatch.setattr(shared, "_recorders", {})
    shared.use(one := recorder())
    message_api.API().create(context, Action.ATTACH_VOLUME)
    assert one.flush()
    assert len(messages(url, context.project_id)) == 1


def test_the_signatures_are_cinders():
    """As in Cinder 29; the older form as in the releases up to 12."""

    def signature(method):
        return str(inspect.signature(method))

    assert signature(message_api.API.create_by_action) == (
        "(self, context, action, resource_type='VOLUME', resource_uuid=None, exception=None, detail=None, "
        "level='ERROR')"
    )
    assert signature(message_api.API.create_by_event) == (
        "(self, context, event_id, project_id, resource_type=None, resource_uuid=None, level='ERROR')"
    )
    assert signature(message_api.API.create_from_request_context) == (
        "(self, context, exception=None, detail=None, level='ERROR')"
    )
    message_api.API().cleanup_expired_messages(None)
