//! Recording rows in a transaction.

use std::collections::HashSet;

use uuid::Uuid;

use super::batch::{FollowBatch, FollowOutcome, Held, may_pair};
use super::pair::{PairingSide, meet, order};
use super::{note, position, replace};
use crate::event::{Origin, Reporter};
use crate::message::{Message, Scope, time};
use crate::store::error::Error;
use crate::store::tables::{delivery, lease, message, read_state};
use crate::store::transaction::Tx;

/// How long the note of a row outlives its expiry or deletion: longer than the service takes to delete it.
const AFTER_EXPIRY: i64 = 30 * 86_400 * time::SECOND;

/// Records what is new in a batch, deletes the messages of rows that are marked as deleted, and writes the position. Does nothing if
/// another process has the lease.
pub fn record(
    tx: &mut Tx<'_>,
    batch: &FollowBatch,
    reporter: &Reporter,
) -> Result<Result<FollowOutcome, Held>, Error> {
    let lease = &batch.lease;
    if let Some(holder) = lease::try_take(tx, &lease.name, &lease.holder, batch.now, lease.until)? {
        return Ok(Err(Held(holder)));
    }
    let mut outcome = FollowOutcome {
        deleted: delete(tx, batch, reporter)?,
        ..FollowOutcome::default()
    };
    let ids: Vec<Uuid> = batch.messages.iter().map(|message| message.id).collect();
    let mut known: HashSet<Uuid> = note::notes(tx.conn(), &ids)?.into_keys().collect();
    // An id that occurs twice counts once, and an expired message would be purged next.
    let mut fresh: Vec<&Message> = batch
        .messages
        .iter()
        .filter(|message| message.expires_at.is_none_or(|end| end > batch.now) && known.insert(message.id))
        .collect();
    let stored = message::existing(tx.conn(), &fresh)?;
    fresh.sort_unstable_by_key(|message| order(message));
    let (mut new, mut notes, mut replaced) = (Vec::new(), Vec::new(), Vec::new());
    for row in fresh {
        let (now, within) = (batch.now, batch.pairs_within);
        let partner = if !stored.contains(&row.id) && may_pair(row, now, within) {
            meet(tx.conn(), row, PairingSide::Followed, now, within)?
        } else {
            None
        };
        let expires_at = row.expires_at.map(|end| end.saturating_add(AFTER_EXPIRY));
        notes.push((row.id, partner.unwrap_or(row.id), expires_at));
        match partner {
            // One that was deleted meanwhile stays deleted.
            Some(partner) => replaced.extend(replace::code(tx, partner, row)?),
            None if !stored.contains(&row.id) => new.push(row),
            None => {}
        }
    }
    note::add(tx.conn(), &notes)?;
    message::insert(tx.conn(), &new)?;
    tx.recorded_messages(new.iter().copied());
    // Their time is that of the service, so readers may have passed it already.
    let late: Vec<&Message> = new.iter().copied().chain(&replaced).collect();
    read_state::note_late(tx, &late)?;
    let told = new.iter().filter(|row| row.created_at >= batch.position.since);
    let events = told.map(|row| (Origin::of(&row.project_id, &row.request_id), row.payload()));
    delivery::report(tx, reporter, |reporter| reporter.recorded(events, batch.now))?;
    position::write(tx.conn(), batch.service, &batch.position)?;
    outcome.recorded = count(new.len());
    outcome.paired = count(replaced.len());
    Ok(Ok(outcome))
}

/// Deletes the messages of rows that are marked as deleted, and returns their number: a user of this service, or purge, may have
/// been first.
fn delete(tx: &mut Tx<'_>, batch: &FollowBatch, reporter: &Reporter) -> Result<u64, Error> {
    let notes = note::notes(tx.conn(), &batch.deleted)?;
    let (rows, messages): (Vec<Uuid>, Vec<Uuid>) = notes
        .into_iter()
        .filter_map(|(row, message)| Some((row, message?)))
        .unzip();
    let deleted = message::delete_all(tx, &Scope::All, &messages, reporter, None, batch.now)?;
    note::forget_messages(tx.conn(), &rows, batch.now.saturating_add(AFTER_EXPIRY))?;
    Ok(count(deleted))
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
