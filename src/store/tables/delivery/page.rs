//! Pages of a listener's deliveries, and one delivery with all that is known of it.

use diesel::prelude::*;
use uuid::Uuid;

use super::attempts::{AttemptRecord, attempts};
use super::record::{DeliveryRecord, record};
use super::row::{DeliveryRow, State, target};
use crate::store::connection::{Conn, MultiBackend};
use crate::store::error::Error;
use crate::store::schema::deliveries;
use crate::store::tables::event;
use crate::store::tables::ids::uuid;

/// Deliveries that one page looks at for those of one state.
const LOOKED_AT: i64 = 10_000;

/// A page of deliveries, the newest event first.
#[derive(Debug)]
pub struct DeliveryPage {
    /// The deliveries, each with the type of its event if that still exists.
    pub deliveries: Vec<(DeliveryRecord, Option<String>)>,
    /// After which event the next page begins, if there may be one. A page of one state may be short, even empty, and yet have
    /// a next one.
    pub next: Option<Uuid>,
}

/// A delivery with its attempts.
#[derive(Debug)]
pub struct DeliveryDetail {
    /// The delivery.
    pub record: DeliveryRecord,
    /// The type of its event, if that still exists.
    pub event_type: Option<String>,
    /// The newest attempts, the oldest of them first.
    pub attempts: Vec<AttemptRecord>,
}

/// Up to `limit` deliveries of a listener after `marker` that have this state, if any is given.
pub fn page(
    conn: &mut Conn,
    listener: Uuid,
    state: Option<State>,
    marker: Option<Uuid>,
    limit: usize,
) -> Result<DeliveryPage, Error> {
    let target = target(listener);
    let mut query = after(&target, marker);
    let mut end = None;
    if let Some(state) = state {
        // The primary key is walked, so the window bounds what is read.
        end = after(&target, marker)
            .select(deliveries::event_id)
            .offset(LOOKED_AT - 1)
            .first::<Vec<u8>>(conn)
            .optional()?;
        query = query.filter(deliveries::state.eq(state.number()));
        if let Some(end) = &end {
            query = query.filter(deliveries::event_id.ge(end.clone()));
        }
    }
    // One more row shows whether there is a next page.
    let wanted = i64::try_from(limit.saturating_add(1)).unwrap_or(i64::MAX);
    let mut rows: Vec<DeliveryRow<'static>> = query.limit(wanted).load(conn)?;
    let next = if rows.len() > limit {
        rows.truncate(limit);
        rows.last().map(|row| row.event_id.to_vec())
    } else {
        end
    };
    let ids: Vec<&[u8]> = rows.iter().map(|row| row.event_id.as_ref()).collect();
    let mut types = event::types(conn, &ids)?;
    let deliveries = rows.into_iter().map(|row| {
        let record = DeliveryRecord::try_from(row)?;
        let event_type = types.remove(&record.event);
        Ok((record, event_type))
    });
    Ok(DeliveryPage {
        deliveries: deliveries.collect::<Result<_, Error>>()?,
        next: next.map(|id| uuid(&id)).transpose()?,
    })
}

/// The deliveries of a target after a marker, the newest event first.
fn after(target: &str, marker: Option<Uuid>) -> deliveries::BoxedQuery<'static, MultiBackend> {
    let mut query = deliveries::table
        .filter(deliveries::target.eq(target.to_owned()))
        .order(deliveries::event_id.desc())
        .into_boxed();
    if let Some(marker) = marker {
        query = query.filter(deliveries::event_id.lt(marker.as_bytes().to_vec()));
    }
    query
}

/// One delivery of a listener.
pub fn detail(conn: &mut Conn, listener: Uuid, event: Uuid) -> Result<DeliveryDetail, Error> {
    Ok(DeliveryDetail {
        record: record(conn, listener, event)?,
        event_type: event::types(conn, &[event.as_bytes()])?.remove(&event),
        attempts: attempts(conn, listener, event)?,
    })
}
