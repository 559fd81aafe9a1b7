//! What can go wrong in the store, in the kinds that its callers tell apart.

use diesel::result::{DatabaseErrorKind, Error as Diesel};

/// Why an operation on the store did not happen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// There is no such row, or none that this caller may see.
    #[error("not found")]
    NotFound,
    /// The row stands already, or something else in the store forbids it.
    #[error("{0}")]
    Conflict(String),
    /// Too much is waiting; the same call may succeed in a moment.
    #[error("the store is busy: {0}")]
    Busy(String),
    /// A read was given up: it looked at too many rows, or took too long. The same one would be given up again.
    #[error("the search was given up: {0}")]
    Exhausted(String),
    /// The database cannot do it now: its disk is full, it is locked, or it is gone.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// The database file is no whole database any more.
    #[error("the database is damaged: {0}")]
    Damaged(String),
    /// The database or this program is wrong: a bug, a schema that does not fit.
    #[error("the database failed: {0}")]
    Broken(String),
}

impl Error {
    /// Whether only the caller's own operation failed, while the transaction around it is whole.
    #[cfg(feature = "sqlite")]
    pub(super) fn is_callers(&self) -> bool {
        matches!(self, Self::NotFound | Self::Conflict(_))
    }

    /// Whether the same operation may do better at once, on another connection or after a rest. What a server stopped for
    /// the time it took would be stopped again.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::Busy(_) => true,
            Self::Unavailable(text) => !has_any(text, &TIME_OUT),
            _ => false,
        }
    }

    /// The error of a search. One that a server stopped for its time would be stopped again, and its connection is as good
    /// as before.
    pub(super) fn of_search(self) -> Self {
        match self {
            Self::Unavailable(text) if has_any(&text, &TIME_OUT) => {
                Self::Exhausted("the database stopped it for the time it took".to_owned())
            }
            other => other,
        }
    }
}

/// The error of a page that begins too far behind the first message.
pub(super) fn too_deep(offset: i64) -> Error {
    Error::Exhausted(format!(
        "the offset {offset} is too large, go on from the last page with marker instead"
    ))
}

/// What the operator is told of a connection that cannot be made: of which kind the hindrance is, then the driver's own
/// words on one line. No driver's words hold the password.
#[cfg(any(feature = "postgres", feature = "mysql"))]
pub(super) fn connection(server: &crate::config::Server, error: &diesel::ConnectionError) -> Error {
    let text = error.to_string();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    Error::Unavailable(format!("{server}: {} ({text})", hindrance(&text)))
}

/// Returns of which kind a hindrance is, by the driver's words for it.
#[cfg(any(feature = "postgres", feature = "mysql"))]
fn hindrance(text: &str) -> &'static str {
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if has(&[
        "authentication failed",
        "no password supplied",
        "Access denied for user",
        "pg_hba.conf",
    ]) && !text.contains("to database")
    {
        "the server refuses the user or the password"
    } else if has(&["Unknown database", "to database"]) || (has(&["database"]) && has(&["does not exist"])) {
        "the server has no such database for this user"
    } else if has(&["certificate", "SSL", "TLS"]) {
        "there is no trusted TLS connection"
    } else if has(&[
        "too many clients",
        "too many connections",
        "Too many connections",
        "connection slots",
        "max_user_connections",
    ]) {
        "the server takes no more connections"
    } else if has(&["Connection refused", "(111)"]) {
        "the server refuses the connection"
    } else {
        "the server cannot be reached"
    }
}

impl From<Diesel> for Error {
    fn from(error: Diesel) -> Self {
        match error {
            Diesel::NotFound => Self::NotFound,
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
            // After a statement that a full disk undid, diesel finds its transaction gone.
            Diesel::BrokenTransactionManager | Diesel::RollbackErrorOnCommit { .. } => {
                Self::Unavailable(error.to_string())
            }
            other => Self::Broken(other.to_string()),
        }
    }
}

/// MariaDB's words hold the values of the row, which belong into no log.
fn unique(text: &str) -> String {
    if text.starts_with("Duplicate entry") {
        return "a row with this key is there already".to_owned();
    }
    text.to_owned()
}

fn has_any(text: &str, words: &[&str]) -> bool {
    words.iter().any(|words| text.contains(words))
}

// diesel hands on neither SQLSTATE nor errno, so the text decides.

/// Words of the servers for what the same transaction may do better a moment later: deadlocks (40P01, 1213, on Galera
/// also a conflict found at COMMIT), 40001, waits for a lock that were too long (55P03, 1205), and what follows a failed
/// statement (25P02).
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

/// Conditions that pass without a restart of this program. First SQLite's words for `SQLITE_BUSY`, `SQLITE_FULL`,
/// `SQLITE_IOERR`, `SQLITE_CANTOPEN`, `SQLITE_READONLY`; then those of libpq and PostgreSQL for a lost connection, a
/// server that starts, stops, is full or only reads, a cancelled statement (57014), and a prepared one that a change of
/// the schema has spoilt (0A000); then those of MariaDB (2002, 2006, 2013, 1927, 1317, 1053, 1040, 1047, 1290, 1792, 1836,
/// 1021, 1114, 1615) and for a node of Galera outside its cluster. What is spoilt with the connection is whole on the next.
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

/// SQLite's words for `SQLITE_CORRUPT` and `SQLITE_NOTADB`.
const DAMAGED: [&str; 3] = [
    "database disk image is malformed",
    "malformed database schema",
    "file is not a database",
];

/// Words of PostgreSQL, MariaDB and MySQL for a statement that took longer than it may.
const TIME_OUT: [&str; 3] = [
    "due to statement timeout",
    "max_statement_time exceeded",
    "maximum statement execution time exceeded",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(any(feature = "postgres", feature = "mysql"))]
    #[test]
    fn each_hindrance_has_words_of_its_own() {
        let full = "the server takes no more connections";
        for (text, want) in [
            ("FATAL: sorry, too many clients already", full),
            ("FATAL: too many connections for role \"tidings\"", full),
            (
                "FATAL: remaining connection slots are reserved for superusers",
                full,
            ),
            ("Too many connections", full),
            (
                "User tidings already has more than 'max_user_connections' active connections",
                full,
            ),
            (
                "connection to server at \"127.0.0.1\", port 1 failed: Connection refused Is the server running?",
                "the server refuses the connection",
            ),
            (
                "Can't connect to server on '127.0.0.1' (111)",
                "the server refuses the connection",
            ),
            (
                "connection to server at \"192.0.2.1\" failed: No route to host",
                "the server cannot be reached",
            ),
            (
                "Can't connect to server on '192.0.2.1' (110)",
                "the server cannot be reached",
            ),
            (
                "could not translate host name \"db\" to address",
                "the server cannot be reached",
            ),
            (
                "Access denied for user 'tidings'@'localhost'",
                "the server refuses the user or the password",
            ),
        ] {
            assert_eq!(hindrance(text), want, "{text}");
        }
    }

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
