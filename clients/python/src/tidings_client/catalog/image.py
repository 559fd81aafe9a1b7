"""What the image service can tell its users. Written by generate.py from catalog/image.toml."""

PREFIX = "IMAGE"


class Message:
    """Whole messages: the values of `event_id`."""

    UNKNOWN_ERROR = "IMAGE_000001"
    UPLOAD_FAILED = "IMAGE_000002"
    UPLOAD_TOO_LARGE = "IMAGE_000003"
    STORAGE_FULL = "IMAGE_000004"
    QUOTA_EXCEEDED = "IMAGE_000005"
    STORAGE_DENIED = "IMAGE_000006"
    IMAGE_CHANGED = "IMAGE_000007"
    DOWNLOAD_CUT_SHORT = "IMAGE_000008"
    IMPORT_FAILED = "IMAGE_000009"
    IMPORT_FINISHED = "IMAGE_000010"
    TASK_FAILED = "IMAGE_000011"
    COPY_INCOMPLETE = "IMAGE_000012"
    SIGNATURE_INVALID = "IMAGE_000013"
    FORMAT_MISMATCH = "IMAGE_000014"
    DELETE_FAILED = "IMAGE_000015"
    TOO_LARGE = "IMAGE_000016"
    UPLOAD_INTERRUPTED = "IMAGE_000017"


class Resource:
    """What a message is about: the values of `resource_type`."""

    IMAGE = "IMAGE"
    IMAGE_TASK = "IMAGE_TASK"
