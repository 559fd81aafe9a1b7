//! Virtual machines that were moved away from a failed host.

use uuid::Uuid;

use crate::named::named;

named! {
    /// The status of a move, with Masakari's names.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    pub enum VMoveStatus {
        /// It has not begun.
        Pending = "pending",
        /// The virtual machine is being moved.
        Ongoing = "ongoing",
        /// It runs elsewhere.
        Succeeded = "succeeded",
        /// It could not be moved.
        Failed = "failed",
        /// It needed no move.
        Ignored = "ignored",
    }
}

/// A move of a virtual machine. A notification has at most one for each. Times are microseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VMove {
    /// The number by which lists are paged; the database assigns it.
    pub id: i64,
    /// Its id everywhere else.
    pub uuid: Uuid,
    /// When it was first reported.
    pub created_at: i64,
    /// When it last changed.
    pub updated_at: Option<i64>,
    /// The notification it belongs to.
    pub notification_uuid: Uuid,
    /// The virtual machine.
    pub instance_uuid: String,
    /// Its name.
    pub instance_name: Option<String>,
    /// Where it was.
    pub source_host: Option<String>,
    /// Where it is, or is to go.
    pub dest_host: Option<String>,
    /// When the move began.
    pub start_time: Option<i64>,
    /// When it ended.
    pub end_time: Option<i64>,
    /// How it is moved, such as `evacuation`.
    pub kind: Option<String>,
    /// Its status.
    pub status: VMoveStatus,
    /// The reason for its status.
    pub message: Option<String>,
}
