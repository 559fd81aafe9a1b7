"""Manila's call, as `manila.message.api` has it."""

import logging

from .. import shared
from ..catalog.share import PREFIX
from . import message_field, message_levels

LOG = logging.getLogger(__name__)


class API:
    """Records messages with Tidings instead of Manila's database.

    It has what services call to record. Messages are read from Tidings itself, which serves Manila's own API.
    """

    def __init__(self, recorder=None):
        self._recorder = recorder
        if recorder is None:
            shared.prepare()

    def create(
        self,
        context,
        action,
        project_id,
        resource_type=None,
        resource_id=None,
        exception=None,
        detail=None,
        level=message_levels.ERROR,
    ):
        """Records what was being done and what became of it.

        It returns at once and raises nothing: the service has a failure of its own to handle.
        """
        try:
            detail_id = message_field.translate_detail_id(exception, detail)
            kind = resource_type or message_field.Resource.SHARE
            (self._recorder or shared.recorder()).record(
                project_id,
                event_id=f"{PREFIX}_{kind}_{action[0]}_{detail_id}",
                resource_type=kind,
                resource_uuid=resource_id,
                request_id=context.request_id,
                message_level=level,
            )
        except Exception:
            LOG.exception("A message for request %s was not recorded", getattr(context, "request_id", None))

    def cleanup_expired_messages(self, context):
        """Does nothing: `tidings purge` deletes what has expired."""
