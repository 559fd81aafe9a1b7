//! What can go wrong in the store, in the five kinds that its callers tell apart.

use diesel::result::{DatabaseErrorKind, Error as Diesel};

/// Why an operation on the store did not happen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// There is no such row, or none that this caller may see.
    #[error("not found")]
    NotFound,
    /// The row stands already, or something else in the store forbids it.
    #[error("conflict: {0}")]
    Conflict(String),
    /// Too much is waiting; the same call may succeed in a moment.
    #[error("the store is busy: {0}")]
    Busy(String),
    /// The database cannot do it now: its disk is full, it is locked, or it is gone.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// The database or this program is wrong: a bug, a corrupt file, a schema that does not fit.
    #[error("the database failed: {0}")]
    Broken(String),
}

impl Error {
    /// Whether only the caller's own operation failed, while the transaction around it is whole.
    pub(super) fn is_callers(&self) -> bool {
        matches!(self, Self::NotFound | Self::Conflict(_))
    }
}

impl From<Diesel> for Error {
    fn from(error: Diesel) -> Self {
        match error {
            Diesel::NotFound => Self::NotFound,
            Diesel::DatabaseError(DatabaseErrorKind::UniqueViolation, what) => {
                Self::Conflict(what.message().to_owned())
            }
            Diesel::DatabaseError(_, what) if is_unavailable(what.message()) => {
                Self::Unavailable(what.message().to_owned())
            }
            // After a statement that a full disk undid, diesel finds its transaction gone.
            Diesel::BrokenTransactionManager | Diesel::RollbackErrorOnCommit { .. } => {
                Self::Unavailable(error.to_string())
            }
            other => Self::Broken(other.to_string()),
        }
    }
}

/// diesel hands on neither SQLSTATE nor errno, so the text decides. These are SQLite's words for `SQLITE_BUSY`,
/// `SQLITE_FULL`, `SQLITE_IOERR`, `SQLITE_CANTOPEN`, `SQLITE_READONLY`: conditions that pass without a restart.
fn is_unavailable(text: &str) -> bool {
    const PASSING: [&str; 6] = [
        "database is locked",
        "database or disk is full",
        "disk I/O error",
        "unable to open database file",
        "attempt to write a readonly database",
        "database table is locked",
    ];
    PASSING.iter().any(|words| text.contains(words))
}
