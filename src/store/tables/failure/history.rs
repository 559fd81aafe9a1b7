//! The tables of what happened to notifications: changes of status, and steps of the work.

use diesel::prelude::*;
use uuid::Uuid;

use crate::failure::{Progress, Status, StepState, Update};
use crate::store::connection::Conn;
use crate::store::error::Error;
use crate::store::schema::{failure_steps, failure_updates};
use crate::store::transaction::Tx;

/// What 1 is in the database's form of progress.
const WHOLE: f64 = 1_000_000.0;

/// The most entries that are read of one notification.
const MOST: i64 = 1001;

/// A row of the table of changes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Queryable, Insertable)]
#[diesel(table_name = failure_updates)]
pub(in crate::store) struct UpdateRow {
    pub(in crate::store) notification_uuid: Vec<u8>,
    pub(in crate::store) id: Vec<u8>,
    at: i64,
    from_status: String,
    to_status: String,
    cause: String,
}

/// A row of the table of steps.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Queryable, Insertable)]
#[diesel(table_name = failure_steps)]
pub(in crate::store) struct StepRow {
    pub(in crate::store) notification_uuid: Vec<u8>,
    pub(in crate::store) id: Vec<u8>,
    at: i64,
    step: String,
    state: String,
    progress: i32,
    message: String,
}

/// Adds a change of a notification's status, with an id that sorts after those before.
pub fn add_update(tx: &mut Tx<'_>, notification: Uuid, id: Uuid, update: &Update) -> Result<(), Error> {
    let row = UpdateRow {
        notification_uuid: notification.as_bytes().to_vec(),
        id: id.as_bytes().to_vec(),
        at: update.at,
        from_status: update.from.name().to_owned(),
        to_status: update.to.name().to_owned(),
        cause: update.cause.clone(),
    };
    diesel::insert_into(failure_updates::table)
        .values(row)
        .execute(tx.conn())?;
    Ok(())
}

/// The changes of a notification's status, the oldest first.
pub fn updates(conn: &mut Conn, notification: Uuid) -> Result<Vec<Update>, Error> {
    let rows: Vec<UpdateRow> = failure_updates::table
        .filter(failure_updates::notification_uuid.eq(notification.as_bytes().as_slice()))
        .order(failure_updates::id)
        .limit(MOST)
        .load(conn)?;
    let read = |name: &str| Status::from_name(name).ok_or_else(|| unknown("status"));
    let updates = rows.into_iter().map(|row| {
        Ok(Update {
            at: row.at,
            from: read(&row.from_status)?,
            to: read(&row.to_status)?,
            cause: row.cause,
        })
    });
    updates.collect()
}

/// Adds lines about steps, each with an id that sorts after those before.
pub fn add_steps(tx: &mut Tx<'_>, notification: Uuid, steps: &[(Uuid, Progress)]) -> Result<(), Error> {
    for (id, progress) in steps {
        #[allow(clippy::cast_possible_truncation, reason = "at most a million")]
        let millionths = (progress.progress.clamp(0.0, 1.0) * WHOLE) as i32;
        let row = StepRow {
            notification_uuid: notification.as_bytes().to_vec(),
            id: id.as_bytes().to_vec(),
            at: progress.at,
            step: progress.step.clone(),
            state: progress.state.name().to_owned(),
            progress: millionths,
            message: progress.message.clone(),
        };
        diesel::insert_into(failure_steps::table)
            .values(row)
            .execute(tx.conn())?;
    }
    Ok(())
}

/// The lines about the steps of the work on a notification, the oldest first.
pub fn steps(conn: &mut Conn, notification: Uuid) -> Result<Vec<Progress>, Error> {
    let rows: Vec<StepRow> = failure_steps::table
        .filter(failure_steps::notification_uuid.eq(notification.as_bytes().as_slice()))
        .order(failure_steps::id)
        .limit(MOST)
        .load(conn)?;
    rows.into_iter().map(StepRow::into_progress).collect()
}

/// The last lines about the steps of the work on a notification, up to `most`, the oldest of them first.
pub fn last_steps(conn: &mut Conn, notification: Uuid, most: i64) -> Result<Vec<Progress>, Error> {
    let rows: Vec<StepRow> = failure_steps::table
        .filter(failure_steps::notification_uuid.eq(notification.as_bytes().as_slice()))
        .order((failure_steps::notification_uuid.desc(), failure_steps::id.desc()))
        .limit(most)
        .load(conn)?;
    rows.into_iter().rev().map(StepRow::into_progress).collect()
}

impl StepRow {
    fn into_progress(self) -> Result<Progress, Error> {
        Ok(Progress {
            at: self.at,
            state: StepState::from_name(&self.state).ok_or_else(|| unknown("state"))?,
            step: self.step,
            progress: f64::from(self.progress) / WHOLE,
            message: self.message,
        })
    }
}

fn unknown(what: &str) -> Error {
    Error::Broken(format!("an entry about a notification has an unknown {what}"))
}
