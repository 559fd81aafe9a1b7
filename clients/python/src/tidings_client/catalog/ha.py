"""What the ha service can tell its users. Written by generate.py from catalog/ha.toml."""

PREFIX = "HA"


class Message:
    """Whole messages: the values of `event_id`."""

    UNKNOWN_ERROR = "HA_000001"
    INSTANCE_FAILED = "HA_000002"
    INSTANCE_RECOVERED = "HA_000003"
    INSTANCE_RECOVERY_FAILED = "HA_000004"
    HOST_FAILED = "HA_000005"
    INSTANCE_MOVED = "HA_000006"
    INSTANCE_MOVE_FAILED = "HA_000007"
    NO_ROOM_FOR_INSTANCE = "HA_000008"
    RECOVERY_SKIPPED = "HA_000009"
    PROCESS_FAILED = "HA_000010"
    HOST_MAINTENANCE = "HA_000011"


class Resource:
    """What a message is about: the values of `resource_type`."""

    INSTANCE = "INSTANCE"
    HOST = "HOST"
