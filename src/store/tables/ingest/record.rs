//! Recording a batch in a transaction.

use std::borrow::Cow;

use super::batch::{Arrival, IngestBatch, IngestKey, IngestOutcome};
use super::settle::IngestState;
use super::{table, unmatched};
use crate::event::{Origin, Reporter};
use crate::message::Message;
use crate::store::connection::Conn;
use crate::store::error::Error;
use crate::store::tables::delivery;
use crate::store::tables::follow::{self, PairingSide};
use crate::store::tables::message;
use crate::store::transaction::Tx;

/// Records a batch, all of it or, on an error, nothing. Returns the outcome of each arrival, in order.
pub(in crate::store) fn record(
    tx: &mut Tx<'_>,
    batch: &IngestBatch,
    reporter: &Reporter,
) -> Result<Vec<IngestOutcome>, Error> {
    let conn = tx.conn();
    let settled = known(conn, batch)?.settle(batch);
    table::write_owners(conn, settled.owners)?;
    table::write_keys(conn, settled.keys)?;
    let mut each = settled.each;
    drop_followed(conn, batch, &mut each)?;
    let arrivals = batch.arrivals.iter().zip(&each);
    let rows: Vec<Cow<'_, Message>> = arrivals
        .flat_map(|(arrival, outcome)| messages(arrival, outcome))
        .collect();
    let rows: Vec<&Message> = rows.iter().map(AsRef::as_ref).collect();
    message::insert(conn, &rows)?;
    tx.recorded_messages(rows.iter().copied());
    let events = rows
        .iter()
        .map(|row| (Origin::of(&row.project_id, &row.request_id), row.payload()));
    delivery::report(tx, reporter, |reporter| reporter.recorded(events, batch.now))?;
    unmatched::count(tx.conn(), &batch.unmatched, batch.now)?;
    Ok(each)
}

/// Drops what rows of a followed table have reported already; the rest waits for such rows.
fn drop_followed(conn: &mut Conn, batch: &IngestBatch, each: &mut [IngestOutcome]) -> Result<(), Error> {
    let mut pairing = Vec::new();
    for (index, (arrival, outcome)) in batch.arrivals.iter().zip(&*each).enumerate() {
        if let (Some(within), [message], IngestOutcome::Recorded { .. }) =
            (arrival.pairs_within, arrival.messages.as_slice(), outcome)
        {
            pairing.push((outcome.of(message).into_owned(), within, index));
        }
    }
    pairing.sort_unstable_by_key(|(message, ..)| follow::order(message));
    for (message, within, index) in pairing {
        let partner = follow::meet(conn, &message, PairingSide::Ingested, batch.now, within)?;
        if let (Some(_), Some(outcome)) = (partner, each.get_mut(index)) {
            *outcome = IngestOutcome::Repeated;
        }
    }
    Ok(())
}

/// The messages of an arrival that are to be recorded, each with its project.
fn messages<'a>(arrival: &'a Arrival, outcome: &'a IngestOutcome) -> impl Iterator<Item = Cow<'a, Message>> {
    let messages = match outcome {
        IngestOutcome::Recorded { .. } => arrival.messages.as_slice(),
        IngestOutcome::Repeated | IngestOutcome::Ownerless => &[],
    };
    messages.iter().map(move |message| outcome.of(message))
}

/// What the database knows about the keys and resources of a batch.
fn known(conn: &mut Conn, batch: &IngestBatch) -> Result<IngestState, Error> {
    let keys = batch.arrivals.iter().flat_map(Arrival::keys);
    let keys: Vec<&IngestKey> = keys.collect();
    let lookups = batch
        .arrivals
        .iter()
        .filter_map(|arrival| arrival.resource.as_ref());
    let owners = batch.owners.iter().map(|owner| &owner.resource);
    let resources: Vec<&IngestKey> = lookups.chain(owners).collect();
    Ok(IngestState {
        keys: table::read_keys(conn, &keys)?,
        owners: table::read_owners(conn, &resources)?,
    })
}
