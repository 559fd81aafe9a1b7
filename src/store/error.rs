//! The errors of the store, by kinds that its callers distinguish.

use diesel::result::{DatabaseErrorKind, Error as Diesel};

/// Why an operation on the store did not happen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// There is no such row, or the caller may not see it.
    #[error("not found")]
    NotFound,
    /// The row exists, or something else in the store forbids the operation.
    #[error("{0}")]
    Conflict(String),
    /// Too many calls are waiting; the same call may succeed in a moment.
    #[error("the store is busy: {0}")]
    Busy(String),
    /// A read was given up: it read too many rows or took too long, as it would again.
    #[error("the search was given up: {0}")]
    Exhausted(String),
    /// The database cannot do it now: its disk is full, it is locked, or it is down.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// The database file is corrupt.
    #[error("the database is damaged: {0}")]
    Damaged(String),
    /// The database or this program is wrong: a bug, an unsuitable schema.
    #[error("the database failed: {0}")]
    Broken(String),
}

/// Requires that a statement has changed a row.
///
/// # Errors
/// [`Error::NotFound`].
pub(super) fn require_row(changed: usize) -> Result<(), Error> {
    if changed == 0 {
        Err(Error::NotFound)
    } else {
        Ok(())
    }
}

impl Error {
    /// The error of a store that has been closed.
    pub(super) fn closed() -> Self {
        Self::Unavailable("the store is closed".to_owned())
    }

    /// Whether it is due to the rows of the operation, so that it would fail again.
    pub fn is_lasting(&self) -> bool {
        matches!(self, Self::Broken(_) | Self::Conflict(_) | Self::NotFound)
    }

    /// Whether only the caller's own operation failed, and the transaction around it is usable.
    #[cfg(feature = "sqlite")]
    pub(super) fn is_callers(&self) -> bool {
        matches!(self, Self::NotFound | Self::Conflict(_))
    }

    /// Whether the same operation may succeed at once, on another connection or after a rest. One that a server stopped for its
    /// duration would be stopped again.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::Busy(_) => true,
            Self::Unavailable(text) => !has_any(text, &TIME_OUT),
            _ => false,
        }
    }

    /// The error of a search. One that a server stopped for its duration would be stopped again, and its connection remains
    /// usable.
    pub(super) fn of_search(self) -> Self {
        match self {
            Self::Unavailable(text) if has_any(&text, &TIME_OUT) => {
                Self::Exhausted("it took too long for the database".to_owned())
            }
            other => other,
        }
    }
}

/// The error of a page that begins too far after the first message.
pub(super) fn too_deep(offset: i64) -> Error {
    Error::Exhausted(format!(
        "the offset {offset} is too large; continue after the last page with marker instead"
    ))
}

impl From<Diesel> for Error {
    fn from(error: Diesel) -> Self {
        match error {
            // By a foreign key: what the row refers to was deleted at the same time.
            Diesel::NotFound | Diesel::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, _) => {
                Self::NotFound
            }
            Diesel::DatabaseError(DatabaseErrorKind::UniqueViolation, what) => {
                Self::Conflict(unique(what.message()))
            }
            Diesel::DatabaseError(DatabaseErrorKind::SerializationFailure, what) => {
                Self::Busy(what.message().to_owned())
            }
            Diesel::DatabaseError(DatabaseErrorKind::ClosedConnection, what) => {
                Self::Unavailable(what.message().to_owned())
            }
            Diesel::DatabaseError(_, what) if has_any(what.message(), &BUSY) => {
                Self::Busy(what.message().to_owned())
            }
            Diesel::DatabaseError(_, what) if has_any(what.message(), &DAMAGED) => {
                Self::Damaged(what.message().to_owned())
            }
            Diesel::DatabaseError(_, what) if has_any(what.message(), &UNAVAILABLE) => {
                Self::Unavailable(what.message().trim().to_owned())
            }
            // After a full disk rolled back a statement, diesel finds no transaction.
            Diesel::BrokenTransactionManager | Diesel::RollbackErrorOnCommit { .. } => {
                Self::Unavailable(error.to_string())
            }
            other => Self::Broken(other.to_string()),
        }
    }
}

/// MariaDB's text contains the values of the row, which must not be logged.
fn unique(text: &str) -> String {
    if text.starts_with("Duplicate entry") {
        return "a row with this key exists already".to_owned();
    }
    text.to_owned()
}

fn has_any(text: &str, words: &[&str]) -> bool {
    words.iter().any(|words| text.contains(words))
}

// diesel passes on neither SQLSTATE nor errno, so the text decides.

/// Errors of the servers after which the same transaction may succeed a moment later: deadlocks (40P01, 1213, on Galera also a
/// conflict found at COMMIT), 40001, lock timeouts (55P03, 1205), and what follows a failed statement (25P02).
const BUSY: [&str; 8] = [
    "Deadlock found",
    "WSREP detected deadlock",
    "try restarting transaction",
    "deadlock detected",
    "could not serialize access",
    "due to lock timeout",
    "current transaction is aborted",
    "Record has changed since last read",
];

/// Conditions that end without a restart of this program. First SQLite's texts for `SQLITE_BUSY`, `SQLITE_FULL`,
/// `SQLITE_IOERR`, `SQLITE_CANTOPEN`, `SQLITE_READONLY`; then those of libpq and PostgreSQL for a lost connection, a server that
/// starts, stops, is full or read-only, a cancelled statement (57014), and a prepared one that a change of the schema has
/// invalidated (0A000); then those of MariaDB (2002, 2006, 2013, 1927, 1317, 1053, 1040, 1047, 1290, 1792, 1836, 1021, 1114,
/// 1615) and for a node of Galera outside its cluster. A new connection helps against those of the connection.
const UNAVAILABLE: [&str; 36] = [
    "database is locked",
    "database or disk is full",
    "disk I/O error",
    "unable to open database file",
    "attempt to write a readonly database",
    "database table is locked",
    "server closed the connection",
    "terminating connection",
    "connection not open",
    "no connection to the server",
    "could not receive data from server",
    "could not send data to server",
    "SSL connection has been closed",
    "SSL SYSCALL error",
    "the database system is",
    "in a read-only transaction",
    "No space left on device",
    "could not extend file",
    "canceling statement due to",
    "due to administrator command",
    "cached plan must not change result type",
    "Lost connection",
    "gone away",
    "Connection was killed",
    "Query execution was interrupted",
    "Server shutdown in progress",
    "Can't connect to",
    "Too many connections",
    "WSREP has not yet prepared node",
    "provider status: ",
    "--read-only",
    "is read only",
    "in a READ ONLY transaction",
    "needs to be re-prepared",
    "Disk full",
    "is full",
];

/// SQLite's texts for `SQLITE_CORRUPT` and `SQLITE_NOTADB`.
const DAMAGED: [&str; 3] = [
    "database disk image is malformed",
    "malformed database schema",
    "file is not a database",
];

/// Texts of PostgreSQL, MariaDB and MySQL for a statement that took too long.
const TIME_OUT: [&str; 3] = [
    "due to statement timeout",
    "max_statement_time exceeded",
    "maximum statement execution time exceeded",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn of(kind: DatabaseErrorKind, text: &str) -> Error {
        Diesel::DatabaseError(kind, Box::new(text.to_owned())).into()
    }

    #[test]
    fn the_text_decides_where_the_kind_does_not() {
        use DatabaseErrorKind::{ClosedConnection, SerializationFailure, UniqueViolation, Unknown};
        for (kind, text) in [
            (SerializationFailure, "anything"),
            (
                Unknown,
                "Deadlock found when trying to get lock; try restarting transaction",
            ),
            (Unknown, "Lock wait timeout exceeded; try restarting transaction"),
            (
                Unknown,
                "WSREP detected deadlock/conflict and aborted the transaction. Try restarting the transaction",
            ),
            (Unknown, "deadlock detected"),
            (Unknown, "canceling statement due to lock timeout"),
        ] {
            assert!(matches!(of(kind, text), Error::Busy(_)), "{text}");
        }
        for (kind, text) in [
            (ClosedConnection, "anything"),
            (Unknown, "Lost connection to server during query"),
            (Unknown, "Server has gone away"),
            (
                Unknown,
                "The MariaDB server is running with the --read-only option so it cannot execute this statement",
            ),
            (
                Unknown,
                "The MariaDB server is running with the --read-only=NO_LOCK_NO_ADMIN option so it cannot execute this statement",
            ),
            (Unknown, "WSREP has not yet prepared node for application use"),
            (Unknown, "the database system is shutting down"),
            (Unknown, "database is locked"),
            (Unknown, "cached plan must not change result type"),
            (Unknown, "canceling statement due to user request"),
            (Unknown, "canceling statement due to statement timeout"),
            (Unknown, "Prepared statement needs to be re-prepared"),
            (Unknown, "Cannot execute statement in a READ ONLY transaction"),
            (
                Unknown,
                "Query execution was interrupted (max_statement_time exceeded)",
            ),
        ] {
            assert!(matches!(of(kind, text), Error::Unavailable(_)), "{text}");
        }
        assert!(matches!(
            of(Unknown, "database disk image is malformed"),
            Error::Damaged(_)
        ));
        let text = "Duplicate entry 'secret' for key 'messages_id'";
        assert!(!of(UniqueViolation, text).to_string().contains("secret"));
        assert!(matches!(
            of(Unknown, "Data too long for column"),
            Error::Broken(_)
        ));
    }
}
