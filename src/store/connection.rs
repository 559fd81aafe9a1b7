//! Connections of whichever database, and what each is for.

use std::time::Duration;

pub use derived::Conn;
pub(super) use derived::{MultiBackend, MultiRawValue};

#[cfg(not(any(feature = "sqlite", feature = "postgres", feature = "mysql")))]
compile_error!("choose a database: --features sqlite, postgres or mysql, or several of them");

mod derived {
    use diesel::prelude::*;

    /// A connection to one of the databases that this program was built for.
    ///
    /// Only `Backend::connect` makes one: the derived `establish` tries each database in
    /// turn and hides why it failed.
    #[derive(diesel::MultiConnection)]
    pub enum Conn {
        /// The embedded database.
        #[cfg(feature = "sqlite")]
        Sqlite(SqliteConnection),
        /// PostgreSQL.
        #[cfg(feature = "postgres")]
        Postgres(PgConnection),
        /// MariaDB or MySQL.
        #[cfg(feature = "mysql")]
        Mysql(MysqlConnection),
    }
}

/// Evaluates the same expression for each kind of connection, where diesel does not support the enum.
macro_rules! with_each {
    ($conn:expr, $name:ident => $work:expr) => {
        match $conn {
            #[cfg(feature = "sqlite")]
            $crate::store::connection::Conn::Sqlite($name) => $work,
            #[cfg(feature = "postgres")]
            $crate::store::connection::Conn::Postgres($name) => $work,
            #[cfg(feature = "mysql")]
            $crate::store::connection::Conn::Mysql($name) => $work,
        }
    };
}
pub(super) use with_each;

/// As [`with_each`], with the name of a type for diesel's backend.
macro_rules! with_backend {
    ($conn:expr, ($name:ident, $Backend:ident) => $work:expr) => {
        match $conn {
            #[cfg(feature = "sqlite")]
            $crate::store::connection::Conn::Sqlite($name) => {
                type $Backend = diesel::sqlite::Sqlite;
                $work
            }
            #[cfg(feature = "postgres")]
            $crate::store::connection::Conn::Postgres($name) => {
                type $Backend = diesel::pg::Pg;
                $work
            }
            #[cfg(feature = "mysql")]
            $crate::store::connection::Conn::Mysql($name) => {
                type $Backend = diesel::mysql::Mysql;
                $work
            }
        }
    };
}
pub(super) use with_backend;

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Writing.
    Write,
    /// Reading. On a server, a statement may take this long.
    Read(Option<Duration>),
    /// Reading another program's database.
    Foreign,
    /// Moving the write-ahead log into the database.
    #[cfg(feature = "sqlite")]
    Checkpoint,
    /// Changing the schema. Only this purpose creates an SQLite file.
    Migrate,
    /// Inspecting the schema or copying the whole database.
    Look,
}
