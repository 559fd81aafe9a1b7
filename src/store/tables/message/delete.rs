//! Deleting messages by their ids.

use diesel::prelude::*;
use uuid::Uuid;

use super::tallied;
use crate::event::{Origin, Reporter};
use crate::message::{Scope, Tallied};
use crate::store::connection::Conn;
use crate::store::dialect::among::among;
use crate::store::dialect::locked::load_locked;
use crate::store::error::Error;
use crate::store::schema::messages;
use crate::store::tables::ids::CHUNK;
use crate::store::tables::{delivery, read_state, subscription};
use crate::store::transaction::Tx;

/// Deletes one message, as [`delete_all`] does, and returns its project. [`Error::NotFound`] if there is no such message in the scope.
pub fn delete(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: Uuid,
    reporter: &Reporter,
    request_id: Option<&str>,
    now: i64,
) -> Result<String, Error> {
    let projects = delete_each(tx, scope, &[id], reporter, request_id, now)?;
    projects.into_iter().next().ok_or(Error::NotFound)
}

/// Deletes the messages that exist in the scope, together with their read marks, and returns how many there were. Each deletion is
/// reported as an event at `now` (microseconds since 1970).
pub fn delete_all(
    tx: &mut Tx<'_>,
    scope: &Scope,
    ids: &[Uuid],
    reporter: &Reporter,
    request_id: Option<&str>,
    now: i64,
) -> Result<usize, Error> {
    delete_each(tx, scope, ids, reporter, request_id, now).map(|projects| projects.len())
}

/// Deletes messages and returns the project of each.
fn delete_each(
    tx: &mut Tx<'_>,
    scope: &Scope,
    ids: &[Uuid],
    reporter: &Reporter,
    request_id: Option<&str>,
    now: i64,
) -> Result<Vec<String>, Error> {
    subscription::refresh(tx, reporter.subscribers())?;
    let mut projects = Vec::new();
    for ids in ids.chunks(CHUNK) {
        let found = existing(tx.conn(), scope, ids)?;
        if found.is_empty() {
            continue;
        }
        let ids: Vec<Uuid> = found.iter().map(|message| message.position.id).collect();
        let rows = messages::table.filter(among(messages::id, ids.iter().map(|id| id.as_bytes().as_slice())));
        diesel::delete(rows).execute(tx.conn())?;
        read_state::forget(tx, &ids)?;
        let events = found.iter().map(|message| {
            let origin = Origin {
                project_id: Some(&message.project_id),
                request_id,
            };
            (message.position.id, origin)
        });
        delivery::add(tx, &reporter.deleted(events, now))?;
        projects.extend(found.iter().map(|message| message.project_id.clone()));
        tx.removed_messages(found);
    }
    Ok(projects)
}

/// Locks the messages that exist in the scope, so that of two who delete one at once only one does.
fn existing(conn: &mut Conn, scope: &Scope, ids: &[Uuid]) -> Result<Vec<Tallied>, Error> {
    let rows = messages::table
        .select(tallied::columns())
        .filter(among(messages::id, ids.iter().map(|id| id.as_bytes().as_slice())));
    let mut found = tallied::load(load_locked!(conn, rows))?;
    found.retain(|message| scope.has(&message.project_id));
    Ok(found)
}
