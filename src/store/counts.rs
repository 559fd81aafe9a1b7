//! Counting what may be much, in short reads. No statement looks at more than one step, so that other reads have their
//! turn in between.

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::BigInt;

use super::Store;
use super::backend::Conn;
use super::error::Error;
use super::event::outbox;
use super::message;
use super::read::{Counted, Read};
use crate::message::{Position, Scope};

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
    fn count_step(self, conn: &mut Conn, from: i64, before: i64, rows: u64) -> Result<Counted<i64>, Error> {
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

impl Store {
    /// How many messages the scope has, or `most` if it has more.
    ///
    /// # Errors
    /// Those of [`Store::read`].
    pub async fn count_messages(&self, scope: Scope, most: u64) -> Result<u64, Error> {
        let rows = self.inner.limits.step.min(most);
        let step = move |read: &mut Read<'_>, after| message::count_step(read, &scope, after, rows);
        let counted = self.in_steps(Position::at(i64::MIN), most, step).await?;
        Ok(counted.min(most))
    }

    /// How many rows have a time before `before`, in microseconds since 1970.
    ///
    /// # Errors
    /// Those of [`Store::read`].
    pub async fn count_before(&self, timed: Timed, before: i64) -> Result<u64, Error> {
        let rows = self.inner.limits.step;
        let step = move |read: &mut Read<'_>, from| timed.count_step(read, from, before, rows);
        self.in_steps(i64::MIN, u64::MAX, step).await
    }

    /// How many events that were reported before `before`, in microseconds since 1970, wait for the driver `target`.
    ///
    /// # Errors
    /// Those of [`Store::read`].
    pub async fn count_waiting(&self, target: &str, before: i64) -> Result<u64, Error> {
        let (target, rows) = (target.to_owned(), self.inner.limits.step);
        let step = move |read: &mut Read<'_>, after: Vec<u8>| {
            outbox::count_step(read, &target, &after, before, rows)
        };
        self.in_steps(Vec::new(), u64::MAX, step).await
    }

    /// How many events that were reported before `before`, in microseconds since 1970, wait for any driver.
    ///
    /// # Errors
    /// Those of [`Store::read`].
    pub async fn count_undelivered(&self, before: i64) -> Result<u64, Error> {
        let (mut rows, mut last) = (0, String::new());
        while let Some(target) = self.read(move |read| outbox::next_target(read, &last)).await? {
            rows += self.count_waiting(&target, before).await?;
            last = target;
        }
        Ok(rows)
    }

    /// Counts behind `first` in steps, each a read of its own, until there is nothing left or `most` are counted.
    async fn in_steps<P, F>(&self, first: P, most: u64, step: F) -> Result<u64, Error>
    where
        P: Clone + Send + 'static,
        F: Fn(&mut Read<'_>, P) -> Result<Counted<P>, Error> + Clone + Send + 'static,
    {
        let (mut rows, mut next) = (0_u64, Some(first));
        while let Some(after) = next.take().filter(|_| rows < most) {
            let step = step.clone();
            let counted = self.read(move |read| {
                let counted = step(read, after.clone())?;
                read.note(counted.rows);
                Ok(counted)
            });
            let counted = counted.await?;
            rows = rows.saturating_add(counted.rows);
            next = counted.next;
        }
        Ok(rows)
    }
}
