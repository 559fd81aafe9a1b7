"""One message as it is sent."""

import json
import re

#: The largest message that is sent, in bytes of JSON.
MAX_MESSAGE = 64 * 1024
PROJECT_ID = re.compile(r"[0-9A-Za-z_.-]{1,255}")
REQUEST_ID = re.compile(r"req-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Unfit(Exception):
    """A message that cannot be sent."""


def is_project_id(text):
    """Whether a text can be a path segment as it is. The server decides whether it is a project."""
    return isinstance(text, str) and bool(PROJECT_ID.fullmatch(text)) and text.strip(".") != ""


def compose(project_id, fields):
    """Returns the project and the JSON to send."""
    project = str(project_id)
    if project_id is None or not is_project_id(project):
        raise Unfit(f"the project id must be 1 to 255 letters, digits, '_', '-' or '.', and not {project_id!r:.64}")
    sent = {name: _value(name, value) for name, value in fields.items() if value is not None}
    # Better without the id of the request than not at all: the server refuses what is not one.
    if not REQUEST_ID.fullmatch(sent.get("request_id", "")):
        sent.pop("request_id", None)
    text = json.dumps(sent, separators=(",", ":"))
    if len(text) > MAX_MESSAGE:
        raise Unfit(f"the message is larger than {MAX_MESSAGE} bytes")
    return project, text


def _value(name, value):
    if name == "parameters":
        return value
    if isinstance(value, BaseException):
        # Never its text, which may tell what a tenant must not know.
        return type(value).__name__
    if isinstance(value, tuple):
        # A constant of the catalog: its id and its text.
        return value[0]
    return str(value)
