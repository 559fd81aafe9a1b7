//! Tables whose rows have a time in an indexed column: counting rows in steps, and deleting the oldest.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use crate::store::connection::Conn;
use crate::store::error::Error;
use crate::store::read::CountStep;
use crate::store::transaction::Tx;

/// A table, its primary key and the column of a time.
#[derive(Debug, Clone, Copy)]
pub struct Timed {
    table: &'static str,
    key: &'static str,
    column: &'static str,
    /// The condition of rows that count.
    only: &'static str,
}

impl Timed {
    /// Expired messages. For counting; `message::purge` deletes them.
    pub const MESSAGES: Self = Self::expiring("messages", "project_id, created_at, id");
    /// Expired idempotency keys.
    pub const KEYS: Self = Self::expiring("idempotency_keys", "scope");
    /// Expired browser sessions.
    pub const SESSIONS: Self = Self::expiring("browser_sessions", "id");
    /// Expired keys of recorded notifications.
    pub const NOTIFICATIONS: Self = Self::expiring("ingest_keys", "digest");
    /// Expired owners of resources.
    pub const OWNERS: Self = Self::expiring("resource_owners", "resource");
    /// Notes of followed rows that have long expired.
    pub const FOLLOWED: Self = Self::expiring("followed_rows", "id");
    /// Failures for whose second report it is too late.
    pub const PAIRINGS: Self = Self::expiring("pairings", "digest");
    /// Old counts of recorded messages.
    pub const COUNTS: Self = Self::expiring("recorded_counts", "project_id, grain, begins_at, service, code");
    /// Errors of other services that have not come for long.
    pub const UNMATCHED: Self = Self::expiring("unmatched_notifications", "publisher, event_type, reason");
    /// Read marks of expired messages.
    pub const READ_MARKS: Self = Self::expiring("read_marks", "project_id, user_id, created_at, message_id");
    /// Notes of late arrival of expired messages.
    pub const LATE: Self = Self::expiring("late_messages", "project_id, turn, created_at, message_id");
    /// Confirmations of e-mail addresses that were not given in time, or refused long ago.
    pub const CONFIRMATIONS: Self = Self::expiring("confirmations", "project_id, address");
    /// Watermarks of users.
    pub const WATERMARKS: Self = Self {
        table: "read_watermarks",
        key: "project_id, user_id",
        column: "read_until",
        only: "TRUE",
    };
    /// Kept events, except those that still wait for delivery. For counting; `event::sweep_kept` deletes them.
    pub const EVENTS: Self = Self {
        table: "events",
        key: "id",
        column: "created_at",
        // PostgreSQL would turn NOT EXISTS into a join that scans all deliveries.
        only: "(SELECT 1 FROM deliveries WHERE deliveries.event_id = events.id LIMIT 1) IS NULL",
    };

    /// Final failure notifications. For counting; `failure::purge` deletes them.
    pub const FAILURES: Self = Self {
        table: "failure_notifications",
        key: "id",
        column: "created_at",
        only: "turn IS NULL",
    };

    const fn expiring(table: &'static str, key: &'static str) -> Self {
        Self {
            table,
            key,
            column: "expires_at",
            only: "TRUE",
        }
    }

    /// Deletes up to `limit` rows with a time before `before` (microseconds since 1970), the oldest first, and returns their
    /// number.
    pub fn delete(self, tx: &mut Tx<'_>, before: i64, limit: i64) -> Result<usize, Error> {
        let Self {
            table,
            key,
            column,
            only,
        } = self;
        tx.conn().delete_least(table, key, column, only, before, limit)
    }

    /// Counts the deletable rows between two times, or a step of them.
    pub(in crate::store) fn count_step(
        self,
        conn: &mut Conn,
        from: i64,
        before: i64,
        rows: u64,
    ) -> Result<CountStep<i64>, Error> {
        let Self {
            table, column, only, ..
        } = self;
        let between = |from: i64, before: i64| match from {
            // SQL cannot write the least number as one literal.
            i64::MIN => format!("{table} WHERE {column} < {before}"),
            from => format!("{table} WHERE {column} >= {from} AND {column} < {before}"),
        };
        let end = format!(
            "SELECT {column} FROM {} ORDER BY {column} LIMIT 1 OFFSET {rows}",
            between(from, before)
        );
        let end: Option<i64> = sql::<BigInt>(&end).get_result(conn).optional()?;
        // Rows of the same time are counted at once, however many they are: no step can end among them.
        let next = end.map(|end| end.max(from.saturating_add(1)));
        let count = format!(
            "SELECT count(*) FROM {} AND {only}",
            between(from, next.unwrap_or(before))
        );
        let count: i64 = sql::<BigInt>(&count).get_result(conn)?;
        Ok(CountStep {
            rows: count.unsigned_abs(),
            next,
        })
    }
}
