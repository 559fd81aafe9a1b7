//! The numbers that databases assign to rows.

#[cfg(feature = "postgres")]
use diesel::connection::SimpleConnection;

use crate::store::connection::Conn;
use crate::store::error::Error;

impl Conn {
    /// Continues the numbers of a table after the greatest one, once rows were inserted with numbers of their own. Only PostgreSQL
    /// needs it.
    #[allow(
        clippy::unnecessary_wraps,
        reason = "it depends on the databases that are built in"
    )]
    pub(in crate::store) fn continue_numbers(&mut self, table: &str) -> Result<(), Error> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => {
                let _ = table;
                Ok(())
            }
            #[cfg(feature = "postgres")]
            Self::Postgres(conn) => Ok(conn.batch_execute(&format!(
                "SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table} HAVING max(id) IS NOT NULL"
            ))?),
            #[cfg(feature = "mysql")]
            Self::Mysql(_) => Ok(()),
        }
    }

    /// The type of 64 bits to cast to.
    pub(in crate::store) fn whole_number(&self) -> &'static str {
        match self {
            #[cfg(feature = "mysql")]
            Self::Mysql(_) => "SIGNED",
            #[cfg(any(feature = "sqlite", feature = "postgres"))]
            _ => "BIGINT",
        }
    }

    /// The function that builds a JSON object.
    pub(in crate::store) fn json_object(&self) -> &'static str {
        match self {
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => "json_build_object",
            #[cfg(any(feature = "sqlite", feature = "mysql"))]
            _ => "json_object",
        }
    }
}
