"""What Cinder's and Manila's own calls have in common."""

import logging

from . import shared

LOG = logging.getLogger(__name__)


class OwnCall:
    """The base of the services' `API`: records messages with Tidings instead of the service's database.

    It has what services call to record. Messages are read from Tidings itself, which serves the service's own API.
    """

    def __init__(self, recorder=None):
        self._recorder = recorder
        if recorder is None:
            shared.prepare()

    def cleanup_expired_messages(self, context):
        """Does nothing: `tidings purge` deletes what has expired."""

    def _record(self, context, project_id, **fields):
        recorder = self._recorder or shared.recorder()
        recorder.record(project_id, request_id=context.request_id, **fields)


def log_failure(context):
    """Logs the exception that kept a message from being recorded: the service has a failure of its own to handle."""
    LOG.exception("A message for request %s was not recorded", getattr(context, "request_id", None))


def id_of(detail, known):
    """Returns the id of a detail, or that of an unknown error if the class of known details does not have it."""
    # Compared by the id, so that the service's own constants, with its own texts, serve as well.
    ids = {one[0] for one in known.ALL}
    return detail[0] if detail and detail[0] in ids else known.UNKNOWN_ERROR[0]
