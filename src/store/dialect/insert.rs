//! Inserting rows, which each database does fastest in its own way.

/// Inserts rows: on SQLite one by one, so that the statement stays prepared, on a server in one statement.
macro_rules! insert_rows {
    ($conn:expr, $table:expr, $rows:expr) => {
        match $conn {
            #[cfg(feature = "sqlite")]
            $crate::store::connection::Conn::Sqlite(conn) => {
                for row in $rows {
                    diesel::insert_into($table).values(row).execute(conn)?;
                }
            }
            #[cfg(feature = "postgres")]
            $crate::store::connection::Conn::Postgres(conn) => {
                diesel::insert_into($table).values($rows).execute(conn)?;
            }
            #[cfg(feature = "mysql")]
            $crate::store::connection::Conn::Mysql(conn) => {
                diesel::insert_into($table).values($rows).execute(conn)?;
            }
        }
    };
}
pub(in crate::store) use insert_rows;

/// Inserts the rows whose key is not there yet.
macro_rules! insert_new {
    ($conn:expr, $table:expr, $rows:expr) => {
        match $conn {
            #[cfg(feature = "sqlite")]
            $crate::store::connection::Conn::Sqlite(conn) => {
                let mut inserted = 0;
                for row in $rows {
                    inserted += diesel::insert_or_ignore_into($table).values(row).execute(conn)?;
                }
                inserted
            }
            #[cfg(feature = "postgres")]
            $crate::store::connection::Conn::Postgres(conn) => {
                let insert = diesel::insert_into($table).values($rows);
                insert.on_conflict_do_nothing().execute(conn)?
            }
            #[cfg(feature = "mysql")]
            $crate::store::connection::Conn::Mysql(conn) => diesel::insert_or_ignore_into($table)
                .values($rows)
                .execute(conn)?,
        }
    };
}
pub(in crate::store) use insert_new;
