//! Finding events by their ids, wherever they lie.

use std::collections::HashMap;

use diesel::prelude::*;
use uuid::Uuid;

use super::row::EventRow;
use crate::event::Envelope;
use crate::store::connection::Conn;
use crate::store::dialect::among::among;
use crate::store::error::Error;
use crate::store::schema::{events, pending_events};
use crate::store::tables::ids::{CHUNK, uuid};

/// The events with these ids, as far as they exist and can be read.
pub(in crate::store) fn by_ids(conn: &mut Conn, ids: &[&[u8]]) -> Result<HashMap<Uuid, Envelope>, Error> {
    let mut found = HashMap::with_capacity(ids.len());
    for ids in ids.chunks(CHUNK) {
        let pending = pending_events::table.filter(among(pending_events::id, ids.iter().copied()));
        let mut rows: Vec<EventRow<'static>> = pending.load(conn)?;
        if rows.len() < ids.len() {
            let kept = events::table.filter(among(events::id, ids.iter().copied()));
            rows.extend(kept.load::<EventRow<'static>>(conn)?);
        }
        for row in rows {
            // One that cannot be read must not hold up the others.
            match Envelope::try_from(row) {
                Ok(event) => drop(found.insert(event.message_id, event)),
                Err(error) => tracing::error!(%error, "an event cannot be read"),
            }
        }
    }
    Ok(found)
}

/// The types of the events with these ids, as far as they exist.
pub(in crate::store) fn types(conn: &mut Conn, ids: &[&[u8]]) -> Result<HashMap<Uuid, String>, Error> {
    let mut found = HashMap::with_capacity(ids.len());
    for ids in ids.chunks(CHUNK) {
        let pending = pending_events::table
            .select((pending_events::id, pending_events::event_type))
            .filter(pending_events::id.eq_any(ids));
        let mut rows: Vec<(Vec<u8>, String)> = pending.load(conn)?;
        if rows.len() < ids.len() {
            let kept = events::table
                .select((events::id, events::event_type))
                .filter(events::id.eq_any(ids));
            rows.extend(kept.load::<(Vec<u8>, String)>(conn)?);
        }
        for (id, event_type) in rows {
            found.insert(uuid(&id)?, event_type);
        }
    }
    Ok(found)
}
