"""What the share service can tell its users. Written by generate.py from catalog/share.toml."""

PREFIX = "SHARE"


class Message:
    """Whole messages: the values of `event_id`."""

    UNKNOWN_ERROR = "SHARE_000001"


class Resource:
    """What a message is about: the values of `resource_type`."""

    SHARE = "SHARE"
    SHARE_GROUP = "SHARE_GROUP"
    SHARE_REPLICA = "SHARE_REPLICA"
    SHARE_SNAPSHOT = "SHARE_SNAPSHOT"
    SECURITY_SERVICE = "SECURITY_SERVICE"
    SHARE_NETWORK_SUBNET = "SHARE_NETWORK_SUBNET"


class Action:
    """What was being done: (id, text)."""

    ALLOCATE_HOST = ("001", "find storage")
    CREATE = ("002", "create")
    DELETE_ACCESS_RULES = ("003", "remove access rules")
    PROMOTE = ("004", "make replica active")
    UPDATE = ("005", "change")
    REVERT_TO_SNAPSHOT = ("006", "return share to snapshot")
    DELETE = ("007", "delete")
    EXTEND = ("008", "extend share")
    SHRINK = ("009", "shrink share")
    UPDATE_ACCESS_RULES = ("010", "change access rules")
    ADD_UPDATE_SECURITY_SERVICE = ("011", "add or change security service")
    TRANSFER_ACCEPT = ("026", "accept share transfer")
    UPDATE_METADATA = ("027", "change metadata")
    RESTORE_BACKUP = ("028", "restore share backup")

    ALL = (
        ALLOCATE_HOST,
        CREATE,
        DELETE_ACCESS_RULES,
        PROMOTE,
        UPDATE,
        REVERT_TO_SNAPSHOT,
        DELETE,
        EXTEND,
        SHRINK,
        UPDATE_ACCESS_RULES,
        ADD_UPDATE_SECURITY_SERVICE,
        TRANSFER_ACCEPT,
        UPDATE_METADATA,
        RESTORE_BACKUP,
    )


class Detail:
    """What became of it: (id, text)."""

    UNKNOWN_ERROR = ("001", "An unknown error occurred.")
    NO_VALID_HOST = ("002", "No storage could be allocated for this share request.")
    UNEXPECTED_NETWORK = ("003", "A share network was given, but shares of this type do not use one.")
    NO_SHARE_SERVER = ("004", "No share server could be found or started in the share network.")
    NO_ACTIVE_AVAILABLE_REPLICA = ("005", "The share has no active replica that is available to copy from.")
    NO_ACTIVE_REPLICA = ("006", "None of the share's replicas is active.")
    FILTER_AVAILABILITY = ("007", "No storage could be allocated for this share request: there is none in the availability zone.")
    FILTER_CAPABILITIES = ("008", "No storage could be allocated for this share request: no storage system offers what the share type asks for.")
    FILTER_CAPACITY = ("009", "No storage could be allocated for this share request: no storage system has enough free space.")
    FILTER_DRIVER = ("010", "No storage could be allocated for this share request: the storage systems do not accept it at present.")
    FILTER_IGNORE = ("011", "No storage could be allocated for this share request: every storage system that could be tried has failed already.")
    FILTER_JSON = ("012", "No storage could be allocated for this share request: no storage system matches its conditions.")
    FILTER_RETRY = ("013", "No storage could be allocated for this share request: other storage systems were tried without success, and none is left.")
    FILTER_REPLICATION = ("014", "No storage could be allocated for this share request: no storage system can hold another replica.")
    DRIVER_FAILED_EXTEND = ("015", "The storage system could not extend the share.")
    FILTER_CREATE_FROM_SNAPSHOT = ("016", "No storage could be allocated for this share request: no storage system can create a share from this snapshot.")
    DRIVER_FAILED_CREATING_FROM_SNAP = ("017", "The storage system could not create the share from the snapshot.")
    DRIVER_REFUSED_SHRINK = ("018", "The share holds more data than would fit into the new size.")
    DRIVER_FAILED_SHRINK = ("019", "The storage system could not shrink the share.")
    FORBIDDEN_CLIENT_ACCESS = ("020", "Access was not given because this client is not allowed.")
    UNSUPPORTED_CLIENT_ACCESS = ("021", "The share does not support an access rule of this type or level.")
    UNSUPPORTED_ADD_UDPATE_SECURITY_SERVICE = ("022", "The storage system cannot add or change a security service while the share network is in use.")
    SECURITY_SERVICE_FAILED_AUTH = ("023", "The security service did not accept the user name or password.")
    NO_DEFAULT_SHARE_TYPE = ("024", "No share type was given, and there is no default one.")
    MISSING_SECURITY_SERVICE = ("025", "The share network lacks a security service that this share needs.")
    DRIVER_FAILED_TRANSFER_ACCEPT = ("026", "The storage system could not hand the share over to the new project.")
    SHARE_NETWORK_PORT_QUOTA_LIMIT_EXCEEDED = ("027", "The project's quota for network ports is used up.")
    SHARE_BACKEND_NOT_READY_YET = ("028", "No storage could be allocated for this share request: the storage systems are still starting.")
    UPDATE_METADATA_SUCCESS = ("029", "The metadata was changed, also on the storage system.")
    UPDATE_METADATA_FAILURE = ("030", "The storage system could not apply the changed metadata.")
    UPDATE_METADATA_NOT_DELETED = ("031", "The metadata was deleted here, but the storage system keeps the setting it stood for.")
    TARGETED_RESTORE_UNSUPPORTED = ("032", "This backup cannot be restored to another share.")
    NEUTRON_SUBNET_FULL = ("033", "The subnet has no free addresses left for the share.")
    UNSUPPORTED_REPLICA_CREATE_CONFIG = ("034", "A replica cannot be created with these settings.")
    DRIVER_FAILED_REVERTING_TO_SNAPSHOT = ("035", "The storage system could not revert the share to the snapshot.")

    ALL = (
        UNKNOWN_ERROR,
        NO_VALID_HOST,
        UNEXPECTED_NETWORK,
        NO_SHARE_SERVER,
        NO_ACTIVE_AVAILABLE_REPLICA,
        NO_ACTIVE_REPLICA,
        FILTER_AVAILABILITY,
        FILTER_CAPABILITIES,
        FILTER_CAPACITY,
        FILTER_DRIVER,
        FILTER_IGNORE,
        FILTER_JSON,
        FILTER_RETRY,
        FILTER_REPLICATION,
        DRIVER_FAILED_EXTEND,
        FILTER_CREATE_FROM_SNAPSHOT,
        DRIVER_FAILED_CREATING_FROM_SNAP,
        DRIVER_REFUSED_SHRINK,
        DRIVER_FAILED_SHRINK,
        FORBIDDEN_CLIENT_ACCESS,
        UNSUPPORTED_CLIENT_ACCESS,
        UNSUPPORTED_ADD_UDPATE_SECURITY_SERVICE,
        SECURITY_SERVICE_FAILED_AUTH,
        NO_DEFAULT_SHARE_TYPE,
        MISSING_SECURITY_SERVICE,
        DRIVER_FAILED_TRANSFER_ACCEPT,
        SHARE_NETWORK_PORT_QUOTA_LIMIT_EXCEEDED,
        SHARE_BACKEND_NOT_READY_YET,
        UPDATE_METADATA_SUCCESS,
        UPDATE_METADATA_FAILURE,
        UPDATE_METADATA_NOT_DELETED,
        TARGETED_RESTORE_UNSUPPORTED,
        NEUTRON_SUBNET_FULL,
        UNSUPPORTED_REPLICA_CREATE_CONFIG,
        DRIVER_FAILED_REVERTING_TO_SNAPSHOT,
    )


# The detail that follows from an exception, by the name of its class.
EXCEPTIONS = {
    "NoValidHost": Detail.NO_VALID_HOST,
}
