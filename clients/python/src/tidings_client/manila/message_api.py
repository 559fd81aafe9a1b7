"""Manila's call, as `manila.message.api` has it."""

from .. import own_call
from ..catalog.share import PREFIX
from . import message_field, message_levels


class API(own_call.OwnCall):
    """Manila's `API`, as far as services call it to record."""

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
            self._record(
                context,
                project_id,
                event_id=f"{PREFIX}_{kind}_{action[0]}_{detail_id}",
                resource_type=kind,
                resource_uuid=resource_id,
                message_level=level,
            )
        except Exception:
            own_call.log_failure(context)
