//! Errors of other services of which no rule made a message: their kinds, never their contents.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use diesel::prelude::*;

use crate::message::time::SECOND;
use crate::store::connection::Conn;
use crate::store::dialect::insert::insert_new;
use crate::store::error::Error;
use crate::store::schema::unmatched_notifications;

/// The most kinds that are kept; further ones count as [`Unmatched::OTHER`].
const MOST: i64 = 1000;

/// How long a kind is kept after it came last, in microseconds.
const KEPT: i64 = 90 * 86_400 * SECOND;

/// A kind of notification.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Unmatched {
    /// The service that sent it, without its host.
    pub publisher: String,
    /// The type of event.
    pub event_type: String,
    /// The class of the exception that it names; empty if it names none.
    pub reason: String,
}

impl Unmatched {
    /// Stands for what is too much to keep, or has no valid name.
    pub const OTHER: &str = "?";

    fn other() -> Self {
        Self {
            publisher: Self::OTHER.to_owned(),
            event_type: Self::OTHER.to_owned(),
            reason: String::new(),
        }
    }
}

/// A row of the table.
#[derive(Clone, Debug, PartialEq, Hash, Insertable, Queryable)]
#[diesel(table_name = unmatched_notifications)]
pub(in crate::store) struct UnmatchedRow {
    pub(in crate::store) publisher: String,
    pub(in crate::store) event_type: String,
    pub(in crate::store) reason: String,
    count: i64,
    first_at: i64,
    last_at: i64,
    expires_at: i64,
}

/// How often notifications of a kind came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnmatchedCount {
    /// The kind.
    pub kind: Unmatched,
    /// How many there were.
    pub count: u64,
    /// When the first one came, in microseconds since 1970.
    pub first_at: i64,
    /// When the last one came.
    pub last_at: i64,
}

/// Counts notifications that came at `now`, in microseconds since 1970.
pub(super) fn count(conn: &mut Conn, unmatched: &[Unmatched], now: i64) -> Result<(), Error> {
    // In the same order everywhere, which prevents deadlocks between servers.
    let mut counts: BTreeMap<&Unmatched, i64> = BTreeMap::new();
    for kind in unmatched {
        *counts.entry(kind).or_default() += 1;
    }
    for (kind, count) in counts {
        if add(conn, kind, count, now)? {
            continue;
        }
        let other = Unmatched::other();
        let kind = if is_full(conn)? { &other } else { kind };
        let first = UnmatchedRow {
            publisher: kind.publisher.clone(),
            event_type: kind.event_type.clone(),
            reason: kind.reason.clone(),
            count: 0,
            first_at: now,
            last_at: now,
            expires_at: now,
        };
        insert_new!(
            &mut *conn,
            unmatched_notifications::table,
            std::slice::from_ref(&first)
        );
        add(conn, kind, count, now)?;
    }
    Ok(())
}

/// Adds to a row; returns whether it exists.
fn add(conn: &mut Conn, kind: &Unmatched, count: i64, now: i64) -> Result<bool, Error> {
    let row = unmatched_notifications::table
        .filter(unmatched_notifications::publisher.eq(&kind.publisher))
        .filter(unmatched_notifications::event_type.eq(&kind.event_type))
        .filter(unmatched_notifications::reason.eq(&kind.reason));
    let changed = diesel::update(row)
        .set((
            unmatched_notifications::count.eq(unmatched_notifications::count + count),
            unmatched_notifications::last_at.eq(now),
            unmatched_notifications::expires_at.eq(now.saturating_add(KEPT)),
        ))
        .execute(conn)?;
    Ok(changed > 0)
}

/// Whether there are as many rows as are kept.
fn is_full(conn: &mut Conn) -> Result<bool, Error> {
    let last = unmatched_notifications::table
        .select(unmatched_notifications::publisher)
        // True for all; only a range of the key is sure to be walked along the key.
        .filter(unmatched_notifications::publisher.gt(""))
        .order((
            unmatched_notifications::publisher,
            unmatched_notifications::event_type,
            unmatched_notifications::reason,
        ))
        .offset(MOST - 1)
        .limit(1);
    Ok(last.first::<String>(conn).optional()?.is_some())
}

/// Returns the kinds of notifications of which no rule makes a message, the most frequent first.
pub fn unmatched(conn: &mut Conn) -> Result<Vec<UnmatchedCount>, Error> {
    let rows: Vec<UnmatchedRow> = unmatched_notifications::table
        .order((
            unmatched_notifications::publisher,
            unmatched_notifications::event_type,
            unmatched_notifications::reason,
        ))
        .limit(2 * MOST)
        .load(conn)?;
    let mut counts: Vec<UnmatchedCount> = rows.into_iter().map(UnmatchedRow::into_count).collect();
    counts.sort_by_key(|entry| Reverse(entry.count));
    Ok(counts)
}

impl UnmatchedRow {
    fn into_count(self) -> UnmatchedCount {
        UnmatchedCount {
            kind: Unmatched {
                publisher: self.publisher,
                event_type: self.event_type,
                reason: self.reason,
            },
            count: self.count.unsigned_abs(),
            first_at: self.first_at,
            last_at: self.last_at,
        }
    }
}
