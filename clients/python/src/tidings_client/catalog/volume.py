"""What the volume service can tell its users. Written by generate.py from catalog/volume.toml."""

PREFIX = "VOLUME"


class Message:
    """Whole messages: the values of `event_id`."""

    UNKNOWN_ERROR = "VOLUME_000001"
    UNABLE_TO_ALLOCATE = "VOLUME_000002"
    ATTACH_READONLY_VOLUME = "VOLUME_000003"
    IMAGE_FROM_VOLUME_OVER_QUOTA = "VOLUME_000004"
    UNMANAGE_ENCRYPTED_VOLUME_UNSUPPORTED = "VOLUME_000005"


class Resource:
    """What a message is about: the values of `resource_type`."""

    VOLUME = "VOLUME"
    VOLUME_SNAPSHOT = "VOLUME_SNAPSHOT"
    VOLUME_BACKUP = "VOLUME_BACKUP"


class Action:
    """What was being done: (id, text)."""

    SCHEDULE_ALLOCATE_VOLUME = ("001", "find storage for volume")
    ATTACH_VOLUME = ("002", "attach volume")
    COPY_VOLUME_TO_IMAGE = ("003", "copy volume to image")
    UPDATE_ATTACHMENT = ("004", "update attachment")
    COPY_IMAGE_TO_VOLUME = ("005", "copy image to volume")
    UNMANAGE_VOLUME = ("006", "release volume from management")
    EXTEND_VOLUME = ("007", "extend volume")
    CREATE_VOLUME_FROM_BACKEND = ("008", "create volume on storage")
    SNAPSHOT_CREATE = ("009", "create snapshot")
    SNAPSHOT_DELETE = ("010", "delete snapshot")
    SNAPSHOT_UPDATE = ("011", "update snapshot")
    SNAPSHOT_METADATA_UPDATE = ("012", "update snapshot metadata")
    BACKUP_CREATE = ("013", "create backup")
    BACKUP_DELETE = ("014", "delete backup")
    BACKUP_RESTORE = ("015", "restore backup")
    REIMAGE_VOLUME = ("016", "rewrite volume from image")

    ALL = (
        SCHEDULE_ALLOCATE_VOLUME,
        ATTACH_VOLUME,
        COPY_VOLUME_TO_IMAGE,
        UPDATE_ATTACHMENT,
        COPY_IMAGE_TO_VOLUME,
        UNMANAGE_VOLUME,
        EXTEND_VOLUME,
        CREATE_VOLUME_FROM_BACKEND,
        SNAPSHOT_CREATE,
        SNAPSHOT_DELETE,
        SNAPSHOT_UPDATE,
        SNAPSHOT_METADATA_UPDATE,
        BACKUP_CREATE,
        BACKUP_DELETE,
        BACKUP_RESTORE,
        REIMAGE_VOLUME,
    )


class Detail:
    """What became of it: (id, text)."""

    UNKNOWN_ERROR = ("001", "An unknown error occurred.")
    DRIVER_NOT_INITIALIZED = ("002", "The storage system is not ready yet.")
    NO_BACKEND_AVAILABLE = ("003", "No storage system can take this request at the moment.")
    FAILED_TO_UPLOAD_VOLUME = ("004", "The data of the volume could not be written to the image.")
    VOLUME_ATTACH_MODE_INVALID = ("005", "The volume cannot be attached in the requested mode.")
    QUOTA_EXCEED = ("006", "The project's quota is used up.")
    NOT_ENOUGH_SPACE_FOR_IMAGE = ("007", "The image is larger than the available space.")
    UNMANAGE_ENC_NOT_SUPPORTED = ("008", "An encrypted volume cannot be released from management.")
    NOTIFY_COMPUTE_SERVICE_FAILED = ("009", "The server that uses the volume could not be notified of its new size.")
    DRIVER_FAILED_EXTEND = ("010", "The storage system could not extend the volume.")
    SIGNATURE_VERIFICATION_FAILED = ("011", "The signature of the image does not match its data.")
    DRIVER_FAILED_CREATE = ("012", "The storage system could not create the volume.")
    SNAPSHOT_CREATE_ERROR = ("013", "The storage system could not take the snapshot.")
    SNAPSHOT_UPDATE_METADATA_FAILED = ("014", "The metadata of the snapshot could not be brought up to date.")
    SNAPSHOT_IS_BUSY = ("015", "The snapshot is still in use.")
    SNAPSHOT_DELETE_ERROR = ("016", "The storage system could not delete the snapshot.")
    BACKUP_INVALID_STATE = ("017", "The backup is in a state that does not allow this.")
    BACKUP_SERVICE_DOWN = ("018", "The backup service is not running.")
    BACKUP_CREATE_DEVICE_ERROR = ("019", "The volume could not be opened to be backed up.")
    BACKUP_CREATE_DRIVER_ERROR = ("020", "The backup store could not write the backup.")
    ATTACH_ERROR = ("021", "The volume could not be connected.")
    DETACH_ERROR = ("022", "The volume could not be disconnected.")
    BACKUP_CREATE_CLEANUP_ERROR = ("023", "A temporary copy made for the backup could not be removed.")
    BACKUP_SCHEDULE_ERROR = ("024", "No backup service was found to create the backup.")
    BACKUP_DELETE_DRIVER_ERROR = ("025", "The backup store could not delete the backup.")
    BACKUP_RESTORE_ERROR = ("026", "The backup could not be written back to the volume.")
    VOLUME_INVALID_STATE = ("027", "The volume is in a state that does not allow this.")
    REIMAGE_VOLUME_FAILED = ("028", "The volume could not be rewritten with the image.")
    IMAGE_FORMAT_UNACCEPTABLE = ("029", "The volume type does not accept images of this disk format.")
    INCREMENTAL_BACKUP_FORCES_FULL_BACKUP = ("030", "An incremental backup was not possible, so a full backup was made instead.")

    ALL = (
        UNKNOWN_ERROR,
        DRIVER_NOT_INITIALIZED,
        NO_BACKEND_AVAILABLE,
        FAILED_TO_UPLOAD_VOLUME,
        VOLUME_ATTACH_MODE_INVALID,
        QUOTA_EXCEED,
        NOT_ENOUGH_SPACE_FOR_IMAGE,
        UNMANAGE_ENC_NOT_SUPPORTED,
        NOTIFY_COMPUTE_SERVICE_FAILED,
        DRIVER_FAILED_EXTEND,
        SIGNATURE_VERIFICATION_FAILED,
        DRIVER_FAILED_CREATE,
        SNAPSHOT_CREATE_ERROR,
        SNAPSHOT_UPDATE_METADATA_FAILED,
        SNAPSHOT_IS_BUSY,
        SNAPSHOT_DELETE_ERROR,
        BACKUP_INVALID_STATE,
        BACKUP_SERVICE_DOWN,
        BACKUP_CREATE_DEVICE_ERROR,
        BACKUP_CREATE_DRIVER_ERROR,
        ATTACH_ERROR,
        DETACH_ERROR,
        BACKUP_CREATE_CLEANUP_ERROR,
        BACKUP_SCHEDULE_ERROR,
        BACKUP_DELETE_DRIVER_ERROR,
        BACKUP_RESTORE_ERROR,
        VOLUME_INVALID_STATE,
        REIMAGE_VOLUME_FAILED,
        IMAGE_FORMAT_UNACCEPTABLE,
        INCREMENTAL_BACKUP_FORCES_FULL_BACKUP,
    )


# The detail that follows from an exception, by the name of its class.
EXCEPTIONS = {
    "DriverNotInitialized": Detail.DRIVER_NOT_INITIALIZED,
    "NoValidBackend": Detail.NO_BACKEND_AVAILABLE,
    "InvalidVolumeAttachMode": Detail.VOLUME_ATTACH_MODE_INVALID,
    "ImageLimitExceeded": Detail.QUOTA_EXCEED,
    "BackupLimitExceeded": Detail.QUOTA_EXCEED,
    "SnapshotLimitExceeded": Detail.QUOTA_EXCEED,
    "ImageTooBig": Detail.NOT_ENOUGH_SPACE_FOR_IMAGE,
    "SnapshotIsBusy": Detail.SNAPSHOT_IS_BUSY,
}
