"""Cinder's resources, actions and details, as `cinder.message.message_field` has them."""

from ..catalog.volume import EXCEPTIONS, Action, Detail, Resource

__all__ = ["Action", "Detail", "Resource", "translate_detail_id"]


def translate_detail_id(exception, detail):
    """Returns the id of the detail: that of a known exception, else the given one, else that of an unknown error."""
    if isinstance(exception, Exception):
        known = EXCEPTIONS.get(type(exception).__name__)
        if known:
            return known[0]
    # Compared by the id, so that Cinder's own constants, with its own texts, serve as well.
    ids = {known[0] for known in Detail.ALL}
    return detail[0] if detail and detail[0] in ids else Detail.UNKNOWN_ERROR[0]
