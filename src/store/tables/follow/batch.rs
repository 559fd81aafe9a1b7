//! What a page of another service's rows brings.

use uuid::Uuid;

use super::position::FollowPosition;
use crate::message::Message;

/// Rows that are recorded in one transaction.
#[derive(Debug, Clone)]
pub struct FollowBatch {
    /// The lease under which they were read.
    pub lease: FollowLease,
    /// The service, such as `cinder`.
    pub service: &'static str,
    /// The time, in microseconds since 1970.
    pub now: i64,
    /// How long a row waits for the notification of the same failure, in microseconds.
    pub pairs_within: i64,
    /// The messages of rows, with the rows' ids and times.
    pub messages: Vec<Message>,
    /// The ids of rows that are marked as deleted.
    pub deleted: Vec<Uuid>,
    /// How far the table has been read with these rows.
    pub position: FollowPosition,
}

/// The right to follow a service.
#[derive(Debug, Clone)]
pub struct FollowLease {
    /// The name of the lease.
    pub name: String,
    /// Its holder.
    pub holder: String,
    /// When it ends, in microseconds since 1970.
    pub until: i64,
}

/// Another process follows the service.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Held(pub String);

/// Whether the notification of a row's failure may have come within `within` microseconds, or still come.
pub fn may_pair(row: &Message, now: i64, within: i64) -> bool {
    row.created_at > now.saturating_sub(within)
}

/// What became of the rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FollowOutcome {
    /// Messages recorded.
    pub recorded: u64,
    /// Messages of notifications that were given the code of a row.
    pub paired: u64,
    /// Messages deleted.
    pub deleted: u64,
}
