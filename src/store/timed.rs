//! Tables whose rows have a time, and counting them in steps.

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::BigInt;

use super::backend::Conn;
use super::error::Error;
use super::read::Counted;

/// The rows of a table with a time in an indexed column.
#[derive(Debug, Clone, Copy)]
pub struct Timed {
    table: &'static str,
    column: &'static str,
}

impl Timed {
    /// Messages that have expired.
    pub const MESSAGES: Self = Self::expiring("messages");
    /// Idempotency keys.
    pub const KEYS: Self = Self::expiring("idempotency_keys");
    /// Sessions of browsers.
    pub const SESSIONS: Self = Self::expiring("browser_sessions");
    /// Notifications that were recorded.
    pub const NOTIFICATIONS: Self = Self::expiring("ingest_keys");
    /// Owners of resources.
    pub const OWNERS: Self = Self::expiring("resource_owners");
    /// Marks of messages that were read one by one.
    pub const READ_MARKS: Self = Self::expiring("read_marks");
    /// Notes of late arrival.
    pub const LATE: Self = Self::expiring("late_messages");
    /// Watermarks of readers.
    pub const WATERMARKS: Self = Self {
        table: "read_watermarks",
        column: "read_until",
    };
    /// Events that are kept.
    pub const EVENTS: Self = Self {
        table: "events",
        column: "created_at",
    };

    const fn expiring(table: &'static str) -> Self {
        Self {
            table,
            column: "expires_at",
        }
    }

    /// Counts the rows from one time on and before another, or a step of them.
    pub(super) fn count_step(
        self,
        conn: &mut Conn,
        from: i64,
        before: i64,
        rows: u64,
    ) -> Result<Counted<i64>, Error> {
        let Self { table, column } = self;
        let between = |from: i64, before: i64| match from {
            // It cannot be written as one number in SQL.
            i64::MIN => format!("{table} WHERE {column} < {before}"),
            from => format!("{table} WHERE {column} >= {from} AND {column} < {before}"),
        };
        let end = format!(
            "SELECT {column} AS number FROM {} ORDER BY {column} LIMIT 1 OFFSET {rows}",
            between(from, before)
        );
        let end = sql_query(end).get_result::<Number>(conn).optional()?;
        // Rows of the same time are counted at once, however many they are: no step can end among them.
        let next = end.map(|end| end.number.max(from.saturating_add(1)));
        let count = format!(
            "SELECT count(*) AS number FROM {}",
            between(from, next.unwrap_or(before))
        );
        let count: Number = sql_query(count).get_result(conn)?;
        Ok(Counted {
            rows: count.number.unsigned_abs(),
            next,
        })
    }
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}
