"""The format of a spool file: a line of JSON about the batch, then one message a line."""

import hashlib
import json
import re

from .batch import KEY_LENGTH, MAX_MESSAGES, Batch
from .message import is_project_id

FORMAT = "tidings-client-python-1"
#: The longest first line.
MAX_HEADER = 1024
KEY = re.compile(rf"[0-9a-f-]{{{KEY_LENGTH},{2 * KEY_LENGTH}}}")


class Damaged(Exception):
    """The file is not a whole batch of this format."""


def encode(batch):
    """Returns the contents of the file for a batch."""
    header = {
        "spool": FORMAT,
        "project": batch.project,
        "key": batch.key,
        "messages": batch.count,
        "sha256": _checksum(batch),
    }
    return "".join(f"{line}\n" for line in (json.dumps(header), *batch.messages)).encode("ascii")


def read_header(line):
    """Returns the project and the number of messages from the first line."""
    header = _header(line)
    return header["project"], header["messages"]


def decode(content):
    """Returns the batch in a file."""
    first, *messages = content.split(b"\n")
    header = _header(first)
    try:
        batch = Batch(header["project"], header["key"], tuple(line.decode("ascii") for line in messages[:-1]))
    except UnicodeDecodeError:
        raise Damaged("its content is not JSON in ASCII") from None
    # A changed project would show the messages to another tenant.
    if batch.count != header["messages"] or _checksum(batch) != header.get("sha256"):
        raise Damaged("its content does not agree with its checksum")
    return batch


def _header(line):
    try:
        header = json.loads(line)
        known = (
            header["spool"] == FORMAT
            and is_project_id(header["project"])
            and KEY.fullmatch(header["key"])
            and 1 <= header["messages"] <= MAX_MESSAGES
        )
    except (ValueError, TypeError, KeyError, RecursionError):
        known = False
    if not known:
        raise Damaged("it is not a spooled batch of this version")
    return header


def _checksum(batch):
    digest = hashlib.sha256()
    for part in (batch.project, batch.key, *batch.messages):
        digest.update(part.encode("ascii") + b"\n")
    return digest.hexdigest()
