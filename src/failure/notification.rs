//! A notification as it is stored. Times are microseconds since 1970.

use uuid::Uuid;

use super::kind::NotificationType;
use super::status::Status;
use super::term::Term;
use crate::named::named;

named! {
    /// Who acts next on a notification that is not final.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    pub enum Turn {
        /// The worker, which judges it.
        Worker = "worker",
        /// An engine, which does the work.
        Engine = "engine",
    }
}

/// A failure notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailureNotification {
    /// The number by which lists are paged; the database assigns it.
    pub id: i64,
    /// Its id everywhere else.
    pub uuid: Uuid,
    /// When it was accepted.
    pub created_at: i64,
    /// When its status last changed.
    pub updated_at: Option<i64>,
    /// When the monitor noticed the failure.
    pub generated_time: i64,
    /// The host that failed, or on which something failed.
    pub source_host_uuid: Uuid,
    /// The segment of the host; none in rows of old Masakari databases.
    pub segment_uuid: Option<Uuid>,
    /// What failed.
    pub kind: NotificationType,
    /// What the monitor reported, as JSON.
    pub payload: String,
    /// Equal for reports of the same host, type and payload: see `payload.rs`.
    pub fingerprint: Vec<u8>,
    /// Its status.
    pub status: Status,
    /// The reason for its status.
    pub message: Option<String>,
    /// Who acts next; none once it is final.
    pub turn: Option<Turn>,
    /// When the next one may act; none once it is final.
    pub due: Option<i64>,
    /// The engine that holds the lease.
    pub engine: Option<String>,
    /// The number of the last lease.
    pub term: Term,
    /// When the lease ends, unless progress renews it.
    pub lease_until: Option<i64>,
    /// The host while the lease is held: the database lets only one notification have it.
    pub leased_host: Option<Uuid>,
    /// The attempts after the first one.
    pub retries: i32,
    /// The tenants that were affected, as JSON, once the engine has reported them.
    pub tenants: Option<String>,
}

/// One change of a notification's status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    /// When it happened.
    pub at: i64,
    /// The status before.
    pub from: Status,
    /// The status since then.
    pub to: Status,
    /// Why.
    pub cause: String,
}
