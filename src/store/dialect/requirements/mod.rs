//! What the store needs of a database.
//!
//! It is checked at start, so that the operator learns which setting to change before requests fail.

#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "postgres")]
mod pooling;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod rights;

#[cfg(feature = "sqlite")]
use super::sqlite;
use crate::store::connection::Conn;
use crate::store::error::Error;

impl Conn {
    /// Refuses an SQLite that was built without the options that the store's speed and safety depend on, and a server whose
    /// settings are unsuitable.
    pub(in crate::store) fn check_settings(&mut self) -> Result<(), Error> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(conn) => sqlite::check_build(conn),
            #[cfg(feature = "postgres")]
            Self::Postgres(conn) => postgres::check(conn),
            #[cfg(feature = "mysql")]
            Self::Mysql(conn) => mysql::check(conn),
        }
    }

    /// Refuses a pooler that does not keep sessions. `other` is a second connection to the same server.
    #[cfg(feature = "postgres")]
    pub(in crate::store) fn check_pooling(&mut self, other: &mut Self) -> Result<(), Error> {
        match (self, other) {
            (Self::Postgres(one), Self::Postgres(other)) => pooling::check(one, other),
            _ => Ok(()),
        }
    }

    /// Checks that a server's user may read and write the tables. For SQLite, the mode of the file decides.
    #[allow(
        clippy::unnecessary_wraps,
        reason = "it depends on the databases that are built in"
    )]
    pub(in crate::store) fn check_rights(&mut self) -> Result<(), Error> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => Ok(()),
            #[cfg(any(feature = "postgres", feature = "mysql"))]
            _ => rights::check(self),
        }
    }
}
