"""Cinder's resources, actions and details, as `cinder.message.message_field` has them."""

from ..catalog.volume import EXCEPTIONS, Action, Detail, Resource
from ..own_call import id_of

__all__ = ["Action", "Detail", "Resource", "translate_detail_id"]


def translate_detail_id(exception, detail):
    """Returns the id of the detail: that of a known exception, else the given one, else that of an unknown error."""
    if isinstance(exception, Exception):
        known = EXCEPTIONS.get(type(exception).__name__)
        if known:
            return known[0]
    return id_of(detail, Detail)
