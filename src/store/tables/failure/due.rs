//! Whose turn it is: what is due for the worker, and what is ready for engines.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Text};
use uuid::Uuid;

use super::history::add_update;
use super::loaded::Loaded;
use super::turns::wake_next;
use crate::failure::{FailureNotification, NotificationType, Status, Turn, Update};
use crate::store::connection::Conn;
use crate::store::error::Error;
use crate::store::schema::failure_notifications;
use crate::store::tables::ids::uuid;
use crate::store::transaction::Tx;

/// Which notifications are looked for.
#[derive(Debug, Clone)]
pub struct Due {
    /// Whose turn it is.
    pub turn: Turn,
    /// The types, each of which is looked up by itself; none for all together, also types that only a newer program knows.
    pub kinds: Vec<Option<NotificationType>>,
    /// When they were due at the latest, in microseconds since 1970.
    pub by: i64,
}

impl Due {
    /// What the worker sees to.
    pub fn of(turn: Turn, by: i64) -> Self {
        Self {
            turn,
            kinds: vec![None],
            by,
        }
    }

    /// What engines may claim, of these types.
    pub fn ready(kinds: &[NotificationType]) -> Self {
        Self {
            turn: Turn::Engine,
            kinds: kinds.iter().copied().map(Some).collect(),
            by: i64::MAX,
        }
    }
}

/// The first of these notifications, those due for longest first; locked. Those that another transaction has locked are passed over
/// where the database can.
pub fn due(conn: &mut Conn, due: &Due, limit: usize) -> Result<Vec<FailureNotification>, Error> {
    let passing_over = conn.passing_over_locked();
    let ids = numbers(conn, due, None, limit, passing_over)?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<Loaded> = failure_notifications::table
        .filter(failure_notifications::id.eq_any(ids))
        .order((failure_notifications::due, failure_notifications::id))
        .load(conn)?;
    rows.into_iter().map(|Loaded(row)| row).collect()
}

/// The numbers of the first of these notifications, also of those that cannot be read.
pub fn due_numbers(conn: &mut Conn, due: &Due, limit: usize) -> Result<Vec<i64>, Error> {
    numbers(conn, due, None, limit, "")
}

/// The notification with a number, if it is one of these; locked.
pub fn due_alone(conn: &mut Conn, due: &Due, number: i64) -> Result<Option<FailureNotification>, Error> {
    let passing_over = conn.passing_over_locked();
    let Some(id) = numbers(conn, due, Some(number), 1, passing_over)?.pop() else {
        return Ok(None);
    };
    let Loaded(row) = failure_notifications::table.find(id).first(conn)?;
    row.map(Some)
}

/// Looks up each type by itself, as an index has it: a hundred thousand that wait do not hide one of another type.
fn numbers(
    conn: &mut Conn,
    due: &Due,
    only: Option<i64>,
    limit: usize,
    lock: &str,
) -> Result<Vec<i64>, Error> {
    let only = only.map_or_else(String::new, |number| format!("id = {number} AND "));
    let mut found: Vec<(i64, i64)> = Vec::new();
    for kind in &due.kinds {
        let kind = kind.map_or_else(String::new, |kind| format!("kind = '{}' AND ", kind.name()));
        let select = sql::<(BigInt, BigInt)>("SELECT due, id FROM failure_notifications WHERE ")
            .sql(&only)
            .sql(&kind)
            .sql("turn = ")
            .bind::<Text, _>(due.turn.name())
            .sql(" AND due <= ")
            .bind::<BigInt, _>(due.by)
            .sql(" ORDER BY due, id LIMIT ")
            .bind::<BigInt, _>(i64::try_from(limit).unwrap_or(i64::MAX))
            .sql(lock);
        found.extend(select.load::<(i64, i64)>(conn)?);
    }
    found.sort_unstable();
    found.truncate(limit);
    Ok(found.into_iter().map(|(_, id)| id).collect())
}

/// Whether there is any of these notifications.
pub fn is_any(conn: &mut Conn, due: &Due) -> Result<bool, Error> {
    Ok(!numbers(conn, due, None, 1, "")?.is_empty())
}

/// Takes those of a host from the engines until a time, and returns how many: at most `limit`, those due for longest first.
pub fn set_host_aside(tx: &mut Tx<'_>, host: Uuid, until: i64, limit: usize) -> Result<usize, Error> {
    let passing_over = tx.conn().passing_over_locked();
    let ids: Vec<i64> = sql::<BigInt>("SELECT id FROM failure_notifications WHERE source_host_uuid = ")
        .bind::<Binary, _>(host.as_bytes().as_slice())
        .sql(" AND turn = ")
        .bind::<Text, _>(Turn::Engine.name())
        .sql(" ORDER BY due, id LIMIT ")
        .bind::<BigInt, _>(i64::try_from(limit).unwrap_or(i64::MAX))
        .sql(passing_over)
        .load(tx.conn())?;
    let rows = failure_notifications::table
        .filter(failure_notifications::id.eq_any(ids))
        .filter(failure_notifications::turn.eq(Turn::Engine.name()));
    let set = diesel::update(rows).set((
        failure_notifications::turn.eq(Turn::Worker.name()),
        failure_notifications::due.eq(until),
    ));
    Ok(set.execute(tx.conn())?)
}

/// What becomes of a notification that cannot be worked on. Times are microseconds since 1970.
#[derive(Debug, Clone)]
pub struct SetAside {
    /// Why.
    pub reason: String,
    /// When the worker looks at it again.
    pub until: i64,
    /// One that was accepted before has failed.
    pub failed_before: i64,
}

/// Sets a notification aside that is still due: it is in error until the worker looks at it again, holds no host, and fails in the
/// end. Another one of its host has its turn. Returns the status if that has changed, which is noted as the update `id`. Reads
/// nothing that may be at fault.
pub fn set_aside(
    tx: &mut Tx<'_>,
    due: &Due,
    number: i64,
    aside: &SetAside,
    id: Uuid,
    now: i64,
) -> Result<Option<Status>, Error> {
    use failure_notifications as t;
    let row = || {
        t::table
            .filter(t::id.eq(number))
            .filter(t::turn.eq(due.turn.name()))
            .filter(t::due.le(due.by))
    };
    let columns = (t::uuid, t::status, t::created_at, t::leased_host);
    let found = row()
        .select(columns)
        .first::<(Vec<u8>, String, i64, Option<Vec<u8>>)>(tx.conn())
        .optional()?;
    let Some((notification, before, created_at, leased_host)) = found else {
        return Ok(None);
    };
    let is_tried_again = created_at > aside.failed_before;
    let to = if is_tried_again {
        Status::Error
    } else {
        Status::Failed
    };
    let changed = diesel::update(row()).set((
        t::status.eq(to.name()),
        t::message.eq(&aside.reason),
        t::turn.eq(is_tried_again.then_some(Turn::Worker.name())),
        t::due.eq(is_tried_again.then_some(aside.until)),
        t::updated_at.eq(now),
        t::lease_until.eq(None::<i64>),
        t::leased_host.eq(None::<Vec<u8>>),
    ));
    if changed.execute(tx.conn())? == 0 {
        return Ok(None);
    }
    if let Some(host) = leased_host.and_then(|host| uuid(&host).ok()) {
        wake_next(tx, host, now)?;
    }
    if before == to.name() {
        return Ok(None);
    }
    if let (Ok(notification), Some(from)) = (uuid(&notification), Status::from_name(&before)) {
        let cause = aside.reason.clone();
        add_update(
            tx,
            notification,
            id,
            &Update {
                at: now,
                from,
                to,
                cause,
            },
        )?;
    }
    Ok(Some(to))
}
