//! Deleting one message.

use diesel::prelude::*;
use uuid::Uuid;

use crate::event::{Origin, Reporter};
use crate::message::Scope;
use crate::store::error::{Error, require_row};
use crate::store::schema::messages;
use crate::store::tables::delivery;
use crate::store::tables::read_state;
use crate::store::tables::subscription;
use crate::store::transaction::Tx;

/// Deletes the message of this id together with its read marks, and reports it as an event at `now` (microseconds since 1970).
/// [`Error::NotFound`] if there is no such message in the scope.
pub fn delete(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: Uuid,
    reporter: &Reporter,
    request_id: Option<&str>,
    now: i64,
) -> Result<(), Error> {
    subscription::refresh(tx, reporter.subscribers())?;
    let events = |project_id| {
        let origin = Origin {
            project_id: Some(project_id),
            request_id,
        };
        reporter.deleted(id, origin, now)
    };
    let row = messages::table.filter(messages::id.eq(id.as_bytes().to_vec()));
    let project = match scope {
        // The project matters only for events.
        Scope::All if events("").is_empty() => None,
        Scope::All | Scope::Projects(_) => {
            let project = row.clone().select(messages::project_id);
            Some(project.first::<String>(tx.conn())?)
        }
        Scope::Project(project) => Some(project.clone()),
    };
    if project.as_deref().is_some_and(|project| !scope.has(project)) {
        return Err(Error::NotFound);
    }
    let deleted = match &project {
        None => diesel::delete(row).execute(tx.conn())?,
        Some(project) => diesel::delete(row.filter(messages::project_id.eq(project))).execute(tx.conn())?,
    };
    require_row(deleted)?;
    if let Some(project) = project {
        delivery::add(tx, &events(&project))?;
    }
    read_state::forget(tx, id)
}
