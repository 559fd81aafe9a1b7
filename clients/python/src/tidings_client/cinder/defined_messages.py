"""Cinder's whole messages, as `cinder.message.defined_messages` has them."""

from ..catalog.volume import Message as EventIds

__all__ = ["EventIds"]
