//! Deleting the rows with the least values of a column, a batch at a time.

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::BigInt;

use crate::store::connection::Conn;
use crate::store::error::Error;

impl Conn {
    /// Deletes up to `limit` rows of a table in which `column` is less than `before`, the least first, and returns their
    /// number. `key` lists the columns of the primary key, `only` is a further condition. PostgreSQL skips rows that another
    /// transaction is deleting.
    pub(in crate::store) fn delete_least(
        &mut self,
        table: &str,
        key: &str,
        column: &str,
        only: &str,
        before: i64,
        limit: i64,
    ) -> Result<usize, Error> {
        let delete = match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => format!(
                "DELETE FROM {table} WHERE ({key}) IN \
                 (SELECT {key} FROM {table} WHERE {column} < ? AND {only} ORDER BY {column} LIMIT ?)"
            ),
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => format!(
                "DELETE FROM {table} WHERE ctid = ANY (ARRAY(SELECT ctid FROM {table} WHERE {column} < $1 AND {only} \
                 ORDER BY {column} LIMIT $2 FOR UPDATE SKIP LOCKED))"
            ),
            // The key makes the order total, so that a replica deletes the same rows.
            #[cfg(feature = "mysql")]
            Self::Mysql(_) => {
                format!("DELETE FROM {table} WHERE {column} < ? AND {only} ORDER BY {column}, {key} LIMIT ?")
            }
        };
        let delete = sql_query(delete).bind::<BigInt, _>(before);
        Ok(delete.bind::<BigInt, _>(limit).execute(self)?)
    }
}
