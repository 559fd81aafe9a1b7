"""What the compute service can tell its users. Written by generate.py from catalog/compute.toml."""

PREFIX = "COMPUTE"


class Message:
    """Whole messages: the values of `event_id`."""

    UNKNOWN_ERROR = "COMPUTE_000001"


class Resource:
    """What a message is about: the values of `resource_type`."""

    SERVER = "SERVER"


class Action:
    """What was being done: (id, text)."""

    CREATE_SERVER = ("001", "create instance")
    DELETE_SERVER = ("002", "delete instance")
    REBOOT_SERVER = ("003", "restart instance")
    RESIZE_SERVER = ("004", "resize instance")
    REBUILD_SERVER = ("005", "rebuild instance")
    MIGRATE_SERVER = ("006", "move instance")
    START_SERVER = ("007", "start instance")
    STOP_SERVER = ("008", "stop instance")
    SUSPEND_SERVER = ("009", "suspend instance")
    RESUME_SERVER = ("010", "resume instance")
    SHELVE_SERVER = ("011", "shelve instance")
    UNSHELVE_SERVER = ("012", "unshelve instance")
    RESCUE_SERVER = ("013", "rescue instance")
    SNAPSHOT_SERVER = ("014", "create image of instance")
    ATTACH_VOLUME = ("015", "attach volume to instance")
    DETACH_VOLUME = ("016", "detach volume from instance")
    SWAP_VOLUME = ("017", "exchange volume of instance")
    ATTACH_INTERFACE = ("018", "attach network to instance")
    DETACH_INTERFACE = ("019", "detach network from instance")
    CHANGE_SERVER = ("020", "change instance")

    ALL = (
        CREATE_SERVER,
        DELETE_SERVER,
        REBOOT_SERVER,
        RESIZE_SERVER,
        REBUILD_SERVER,
        MIGRATE_SERVER,
        START_SERVER,
        STOP_SERVER,
        SUSPEND_SERVER,
        RESUME_SERVER,
        SHELVE_SERVER,
        UNSHELVE_SERVER,
        RESCUE_SERVER,
        SNAPSHOT_SERVER,
        ATTACH_VOLUME,
        DETACH_VOLUME,
        SWAP_VOLUME,
        ATTACH_INTERFACE,
        DETACH_INTERFACE,
        CHANGE_SERVER,
    )


class Detail:
    """What became of it: (id, text)."""

    UNKNOWN_ERROR = ("001", "An unknown error occurred.")
    NO_VALID_HOST = ("002", "No machine has room for this instance.")
    QUOTA_EXCEEDED = ("003", "The project's quota is used up.")
    FLAVOR_TOO_SMALL = ("004", "The flavor is too small for the image.")
    IMAGE_UNUSABLE = ("005", "The image cannot be used for this instance.")
    VOLUME_FAILED = ("006", "A volume of the instance could not be created or connected.")
    NETWORK_FAILED = ("007", "A network of the instance could not be set up.")
    ATTEMPT_FAILED = ("008", "One attempt failed, and another may be made on a different machine.")
    EVERY_ATTEMPT_FAILED = ("009", "Every machine that was tried failed.")

    ALL = (
        UNKNOWN_ERROR,
        NO_VALID_HOST,
        QUOTA_EXCEEDED,
        FLAVOR_TOO_SMALL,
        IMAGE_UNUSABLE,
        VOLUME_FAILED,
        NETWORK_FAILED,
        ATTEMPT_FAILED,
        EVERY_ATTEMPT_FAILED,
    )


# The detail that follows from an exception, by the name of its class.
EXCEPTIONS = {
    "NoValidHost": Detail.NO_VALID_HOST,
    "ComputeResourcesUnavailable": Detail.NO_VALID_HOST,
    "OverQuota": Detail.QUOTA_EXCEEDED,
    "QuotaError": Detail.QUOTA_EXCEEDED,
    "TooManyInstances": Detail.QUOTA_EXCEEDED,
    "PortLimitExceeded": Detail.QUOTA_EXCEEDED,
    "FlavorDiskTooSmall": Detail.FLAVOR_TOO_SMALL,
    "FlavorDiskSmallerThanImage": Detail.FLAVOR_TOO_SMALL,
    "FlavorDiskSmallerThanMinDisk": Detail.FLAVOR_TOO_SMALL,
    "FlavorMemoryTooSmall": Detail.FLAVOR_TOO_SMALL,
    "ImageUnacceptable": Detail.IMAGE_UNUSABLE,
    "ImageNotFound": Detail.IMAGE_UNUSABLE,
    "ImageNotActive": Detail.IMAGE_UNUSABLE,
    "ImageNotAuthorized": Detail.IMAGE_UNUSABLE,
    "InvalidDiskFormat": Detail.IMAGE_UNUSABLE,
    "InvalidBDM": Detail.VOLUME_FAILED,
    "InvalidVolume": Detail.VOLUME_FAILED,
    "VolumeNotFound": Detail.VOLUME_FAILED,
    "VolumeNotCreated": Detail.VOLUME_FAILED,
    "VolumeAttachFailed": Detail.VOLUME_FAILED,
    "VolumeTimeout": Detail.VOLUME_FAILED,
    "VirtualInterfaceCreateException": Detail.NETWORK_FAILED,
    "NetworkNotFound": Detail.NETWORK_FAILED,
    "NetworkAmbiguous": Detail.NETWORK_FAILED,
    "NetworkRequiresSubnet": Detail.NETWORK_FAILED,
    "ExternalNetworkAttachForbidden": Detail.NETWORK_FAILED,
    "PortNotFound": Detail.NETWORK_FAILED,
    "PortInUse": Detail.NETWORK_FAILED,
    "PortNotUsable": Detail.NETWORK_FAILED,
    "PortBindingFailed": Detail.NETWORK_FAILED,
    "FixedIpAlreadyInUse": Detail.NETWORK_FAILED,
    "NoMoreFixedIps": Detail.NETWORK_FAILED,
    "InterfaceAttachFailed": Detail.NETWORK_FAILED,
    "MaxRetriesExceeded": Detail.EVERY_ATTEMPT_FAILED,
}
