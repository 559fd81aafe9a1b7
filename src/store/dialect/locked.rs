//! Locking the rows that are read.

/// Loads rows and locks them until the commit. SQLite has one writer, and so no need to.
macro_rules! load_locked {
    ($conn:expr, $query:expr) => {
        match $conn {
            #[cfg(feature = "sqlite")]
            $crate::store::connection::Conn::Sqlite(conn) => $query.load(conn)?,
            #[cfg(feature = "postgres")]
            $crate::store::connection::Conn::Postgres(conn) => $query.for_update().load(conn)?,
            #[cfg(feature = "mysql")]
            $crate::store::connection::Conn::Mysql(conn) => $query.for_update().load(conn)?,
        }
    };
}
pub(in crate::store) use load_locked;
