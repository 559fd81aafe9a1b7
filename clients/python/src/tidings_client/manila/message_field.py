"""Manila's resources, actions and details, as `manila.message.message_field` has them."""

from ..catalog.share import EXCEPTIONS, Action, Detail, Resource
from ..own_call import id_of

__all__ = ["Action", "Detail", "Resource", "translate_detail_id"]

#: The scheduler's filter that left no host, and the detail that says so.
FILTERS = {
    "AvailabilityZoneFilter": Detail.FILTER_AVAILABILITY,
    "CapabilitiesFilter": Detail.FILTER_CAPABILITIES,
    "CapacityFilter": Detail.FILTER_CAPACITY,
    "DriverFilter": Detail.FILTER_DRIVER,
    "IgnoreAttemptedHostsFilter": Detail.FILTER_IGNORE,
    "JsonFilter": Detail.FILTER_JSON,
    "RetryFilter": Detail.FILTER_RETRY,
    "ShareReplicationFilter": Detail.FILTER_REPLICATION,
    "CreateFromSnapshotFilter": Detail.FILTER_CREATE_FROM_SNAPSHOT,
}


def translate_detail_id(exception, detail):
    """Returns the id of the detail: that of a known exception, else the given one, else that of an unknown error."""
    if exception is not None:
        detail = _detail_of(exception)
    return id_of(detail, Detail)


def _detail_of(exception):
    last_filter = (getattr(exception, "detail_data", None) or {}).get("last_filter")
    # By name: this package must not import Manila, and a subclass counts as its base.
    names = [base.__name__ for base in type(exception).__mro__]
    if "NoValidHost" in names and last_filter in FILTERS:
        return FILTERS[last_filter]
    return next((EXCEPTIONS[name] for name in names if name in EXCEPTIONS), None)
