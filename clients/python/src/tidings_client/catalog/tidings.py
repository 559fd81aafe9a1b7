"""What the tidings service can tell its users. Written by generate.py from catalog/tidings.toml."""

PREFIX = "TIDINGS"


class Message:
    """Whole messages: the values of `event_id`."""

    UNKNOWN_ERROR = "TIDINGS_000001"
    LISTENER_DISABLED = "TIDINGS_000002"


class Resource:
    """What a message is about: the values of `resource_type`."""

    LISTENER = "LISTENER"
