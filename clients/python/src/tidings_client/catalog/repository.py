"""What the repository service can tell its users. Written by generate.py from catalog/repository.toml."""

PREFIX = "REPO"


class Message:
    """Whole messages: the values of `event_id`."""

    UNKNOWN_ERROR = "REPO_000001"
    SYNC_FAILED = "REPO_000002"
    SYNC_INCOMPLETE = "REPO_000003"
    SYNC_FINISHED = "REPO_000004"
    PUBLISH_FAILED = "REPO_000005"
    PUBLISH_FINISHED = "REPO_000006"
    SOURCE_UNREACHABLE = "REPO_000007"
    SOURCE_DENIED = "REPO_000008"
    STORAGE_FULL = "REPO_000009"
    SIGNATURE_INVALID = "REPO_000010"
    UPLOAD_FAILED = "REPO_000011"
    TASK_CANCELED = "REPO_000012"


class Resource:
    """What a message is about: the values of `resource_type`."""

    REPOSITORY = "REPOSITORY"
