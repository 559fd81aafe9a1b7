"""Cinder's call, as `cinder.message.api` has it."""

from .. import own_call
from ..catalog.volume import PREFIX
from . import message_field


class API(own_call.OwnCall):
    """Cinder's `API`, as far as services call it to record."""

    def create(self, context, *args, **kwargs):
        """Records a message in either of Cinder's forms: that of `create_by_action`, or the older `create_by_event`.

        It returns at once and raises nothing: the service has a failure of its own to handle.
        """
        try:
            first = args[0] if args else kwargs.get("event_id")
            create = self.create_by_event if isinstance(first, str) else self.create_by_action
            create(context, *args, **kwargs)
        except Exception:
            own_call.log_failure(context)

    def create_by_action(
        self,
        context,
        action,
        resource_type=message_field.Resource.VOLUME,
        resource_uuid=None,
        exception=None,
        detail=None,
        level="ERROR",
    ):
        """Records what was being done and what became of it, for the project of the context."""
        detail_id = message_field.translate_detail_id(exception, detail)
        self._record(
            context,
            context.project_id,
            event_id=f"{PREFIX}_{resource_type}_{action[0]}_{detail_id}",
            resource_type=resource_type,
            resource_uuid=resource_uuid,
            message_level=level,
        )

    def create_by_event(self, context, event_id, project_id, resource_type=None, resource_uuid=None, level="ERROR"):
        """Records one of the `defined_messages`."""
        self._record(
            context,
            project_id,
            event_id=event_id,
            # Only volumes had messages then, so the type could be left out.
            resource_type=resource_type or message_field.Resource.VOLUME,
            resource_uuid=resource_uuid,
            message_level=level,
        )

    def create_from_request_context(self, context, exception=None, detail=None, level="ERROR"):
        """Records a message about what the context names."""
        self.create(
            context,
            action=getattr(context, "message_action", None),
            resource_type=getattr(context, "message_resource_type", None),
            resource_uuid=getattr(context, "message_resource_id", None),
            exception=exception,
            detail=detail,
            level=level,
        )
