//! The rules that operations check, and the built-in ones, with block storage's names.

/// A rule, named after what it allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// List messages.
    MessageGetAll,
    /// Show one message.
    MessageGet,
    /// Delete one message.
    MessageDelete,
    /// Record messages.
    MessageCreate,
    /// See what is recorded in all projects, and the parts of the system.
    MessageOverview,
    /// Report events.
    EventCreate,
    /// List the events kept for audits.
    EventGetAll,
    /// List listeners.
    ListenerGetAll,
    /// Show a listener and its deliveries.
    ListenerGet,
    /// Create listeners.
    ListenerCreate,
    /// Change a listener or its secret.
    ListenerUpdate,
    /// Delete a listener.
    ListenerDelete,
    /// Deliver again, dismiss dead letters, and test a listener.
    ListenerRedeliver,
    /// Fetch the deliveries of a listener, and settle them.
    ListenerClaim,
    /// List failure notifications.
    NotificationGetAll,
    /// Show one failure notification.
    NotificationGet,
    /// Report a failure.
    NotificationCreate,
    /// Recover from failures: claim notifications and report the work.
    NotificationRecover,
    /// List the moves of a failure notification.
    VMoveGetAll,
    /// Show one move.
    VMoveGet,
    /// List segments.
    SegmentGetAll,
    /// Show a segment.
    SegmentGet,
    /// Create a segment.
    SegmentCreate,
    /// Change a segment.
    SegmentUpdate,
    /// Delete a segment.
    SegmentDelete,
    /// List hosts.
    HostGetAll,
    /// Show a host.
    HostGet,
    /// Create a host.
    HostCreate,
    /// Change a host.
    HostUpdate,
    /// Delete a host.
    HostDelete,
}

impl Rule {
    /// Returns the name in a policy file.
    pub fn name(self) -> &'static str {
        match self {
            Self::MessageGetAll => "message:get_all",
            Self::MessageGet => "message:get",
            Self::MessageDelete => "message:delete",
            Self::MessageCreate => "message:create",
            Self::MessageOverview => "message:overview",
            Self::EventCreate => "event:create",
            Self::EventGetAll => "event:get_all",
            Self::ListenerGetAll => "listener:get_all",
            Self::ListenerGet => "listener:get",
            Self::ListenerCreate => "listener:create",
            Self::ListenerUpdate => "listener:update",
            Self::ListenerDelete => "listener:delete",
            Self::ListenerRedeliver => "listener:redeliver",
            Self::ListenerClaim => "listener:claim",
            Self::NotificationGetAll => "os_masakari_api:notifications:index",
            Self::NotificationGet => "os_masakari_api:notifications:detail",
            Self::NotificationCreate => "os_masakari_api:notifications:create",
            Self::NotificationRecover => "notification:recover",
            Self::VMoveGetAll => "os_masakari_api:vmoves:index",
            Self::VMoveGet => "os_masakari_api:vmoves:detail",
            Self::SegmentGetAll => "os_masakari_api:segments:index",
            Self::SegmentGet => "os_masakari_api:segments:detail",
            Self::SegmentCreate => "os_masakari_api:segments:create",
            Self::SegmentUpdate => "os_masakari_api:segments:update",
            Self::SegmentDelete => "os_masakari_api:segments:delete",
            Self::HostGetAll => "os_masakari_api:os-hosts:index",
            Self::HostGet => "os_masakari_api:os-hosts:detail",
            Self::HostCreate => "os_masakari_api:os-hosts:create",
            Self::HostUpdate => "os_masakari_api:os-hosts:update",
            Self::HostDelete => "os_masakari_api:os-hosts:delete",
        }
    }
}

/// A built-in rule, which a file may override.
#[derive(Debug, Clone, Copy)]
pub struct Default {
    /// Its name.
    pub name: &'static str,
    /// The rule.
    pub rule: &'static str,
    /// The request that checks it; `None` for a rule that others refer to.
    pub operation: Option<&'static str>,
}

/// The name of the rule for administrators.
pub(super) const ADMIN: &str = "context_is_admin";

/// The rule that stands in for missing ones that are referred to.
pub(super) const FALLBACK: &str = "default";

const fn base(name: &'static str, rule: &'static str) -> Default {
    Default {
        name,
        rule,
        operation: None,
    }
}

const fn operation(rule: &'static str, name: &'static str, operation: &'static str) -> Default {
    Default {
        name,
        rule,
        operation: Some(operation),
    }
}

const READ: &str = "rule:xena_system_admin_or_project_reader";
const ADMINS: &str = "rule:admin_api";
const CHANGE: &str = "rule:xena_system_admin_or_project_member";

/// All built-in rules, those that others refer to first. The base rules are block storage's own, so that its policy
/// files mean the same here.
pub const DEFAULTS: &[Default] = &[
    base(ADMIN, "role:admin"),
    base(
        "admin_api",
        "is_admin:True or (role:admin and is_admin_project:True)",
    ),
    base(
        "admin_or_owner",
        "is_admin:True or (role:admin and is_admin_project:True) or project_id:%(project_id)s",
    ),
    base(
        "system_or_domain_or_project_admin",
        "(role:admin and system_scope:all) or (role:admin and domain_id:%(domain_id)s) or (role:admin and project_id:%(project_id)s)",
    ),
    base(
        "xena_system_admin_or_project_reader",
        "(role:admin) or (role:reader and project_id:%(project_id)s)",
    ),
    base(
        "xena_system_admin_or_project_member",
        "(role:admin) or (role:member and project_id:%(project_id)s)",
    ),
    // Those that the rules of a policy file of shared file systems refer to.
    base("project-admin", "role:admin and project_id:%(project_id)s"),
    base("project-member", "role:member and project_id:%(project_id)s"),
    base("project-reader", "role:reader and project_id:%(project_id)s"),
    base("admin_or_service_api", "role:admin or role:service"),
    operation(READ, "message:get_all", "GET /v3/{project_id}/messages"),
    operation(READ, "message:get", "GET /v3/{project_id}/messages/{id}"),
    operation(CHANGE, "message:delete", "DELETE /v3/{project_id}/messages/{id}"),
    operation(
        "role:service or role:admin",
        "message:create",
        "POST /v3/{project_id}/messages",
    ),
    operation(ADMINS, "message:overview", "GET /v3/messages/-/summary"),
    operation(
        "role:service or role:admin",
        "event:create",
        "POST /v3/{project_id}/events",
    ),
    operation("rule:admin_api", "event:get_all", "GET /v3/{project_id}/events"),
    operation(READ, "listener:get_all", "GET /v3/{project_id}/listeners"),
    operation(READ, "listener:get", "GET /v3/{project_id}/listeners/{id}"),
    operation(CHANGE, "listener:create", "POST /v3/{project_id}/listeners"),
    operation(CHANGE, "listener:update", "PUT /v3/{project_id}/listeners/{id}"),
    operation(
        CHANGE,
        "listener:delete",
        "DELETE /v3/{project_id}/listeners/{id}",
    ),
    operation(
        CHANGE,
        "listener:redeliver",
        "POST /v3/{project_id}/listeners/{id}/redeliver",
    ),
    operation(
        CHANGE,
        "listener:claim",
        "POST /v3/{project_id}/listeners/{id}/claim",
    ),
    operation(
        ADMINS,
        "os_masakari_api:notifications:index",
        "GET /v1/notifications",
    ),
    operation(
        ADMINS,
        "os_masakari_api:notifications:detail",
        "GET /v1/notifications/{id}",
    ),
    operation(
        ADMINS,
        "os_masakari_api:notifications:create",
        "POST /v1/notifications",
    ),
    operation(
        "role:service or role:admin",
        "notification:recover",
        "POST /v1/notifications/claim",
    ),
    operation(
        ADMINS,
        "os_masakari_api:vmoves:index",
        "GET /v1/notifications/{id}/vmoves",
    ),
    operation(
        ADMINS,
        "os_masakari_api:vmoves:detail",
        "GET /v1/notifications/{id}/vmoves/{vmove_id}",
    ),
    operation(ADMINS, "os_masakari_api:segments:index", "GET /v1/segments"),
    operation(ADMINS, "os_masakari_api:segments:detail", "GET /v1/segments/{id}"),
    operation(ADMINS, "os_masakari_api:segments:create", "POST /v1/segments"),
    operation(ADMINS, "os_masakari_api:segments:update", "PUT /v1/segments/{id}"),
    operation(
        ADMINS,
        "os_masakari_api:segments:delete",
        "DELETE /v1/segments/{id}",
    ),
    operation(
        ADMINS,
        "os_masakari_api:os-hosts:index",
        "GET /v1/segments/{id}/hosts",
    ),
    operation(
        ADMINS,
        "os_masakari_api:os-hosts:detail",
        "GET /v1/segments/{id}/hosts/{host_id}",
    ),
    operation(
        ADMINS,
        "os_masakari_api:os-hosts:create",
        "POST /v1/segments/{id}/hosts",
    ),
    operation(
        ADMINS,
        "os_masakari_api:os-hosts:update",
        "PUT /v1/segments/{id}/hosts/{host_id}",
    ),
    operation(
        ADMINS,
        "os_masakari_api:os-hosts:delete",
        "DELETE /v1/segments/{id}/hosts/{host_id}",
    ),
];
