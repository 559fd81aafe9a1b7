//! Failures that both a notification and a row of the service's own table tell.
//!
//! Whichever comes first waits here for the other one. A row of this table is locked by its first change, so that of two
//! reports which are recorded at once one finds the other.

use diesel::prelude::*;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::message::Message;
use crate::store::connection::Conn;
use crate::store::dialect::insert::insert_new;
use crate::store::error::Error;
use crate::store::schema::pairings;
use crate::store::tables::ids::uuid;

/// A row of the table.
#[derive(Clone, Debug, PartialEq, Hash, Insertable, Queryable)]
#[diesel(table_name = pairings)]
pub(in crate::store) struct PairingRow {
    pub(in crate::store) digest: Vec<u8>,
    side: i16,
    ids: Vec<u8>,
    turn: i64,
    expires_at: i64,
}

/// Where a report of a failure comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum PairingSide {
    /// A notification.
    Ingested = 1,
    /// A row of the service's table.
    Followed = 2,
}

/// The bytes of an id and a time.
const ENTRY: usize = 24;

/// The most reports of one request about one resource that wait.
const MOST: usize = 64;

/// Returns the message of the other side with which this one makes a pair, and which then no longer waits. Without any, this one
/// waits for `within` microseconds. Messages without a request or a resource make no pairs.
pub(in crate::store) fn meet(
    conn: &mut Conn,
    message: &Message,
    side: PairingSide,
    now: i64,
    within: i64,
) -> Result<Option<Uuid>, Error> {
    let Some(digest) = digest(message) else {
        return Ok(None);
    };
    let row = pairings::table.filter(pairings::digest.eq(digest.to_vec()));
    // The update first: an ignored insert leaves a shared lock on MariaDB, and two of those a deadlock.
    let lock = diesel::update(row.clone()).set(pairings::turn.eq(pairings::turn + 1));
    if lock.clone().execute(conn)? == 0 {
        let first = PairingRow {
            digest: digest.to_vec(),
            side: 0,
            ids: Vec::new(),
            turn: 0,
            expires_at: now,
        };
        insert_new!(&mut *conn, pairings::table, std::slice::from_ref(&first));
        lock.execute(conn)?;
    }
    let (waiting_side, ids): (i16, Vec<u8>) =
        row.clone().select((pairings::side, pairings::ids)).first(conn)?;
    let since = now.saturating_sub(within);
    let mut waiting: Vec<&[u8]> = ids
        .chunks_exact(ENTRY)
        .filter(|entry| time(entry) > since)
        .collect();
    let is_other = waiting_side != side as i16;
    let partner = match waiting.first() {
        Some(entry) if is_other => Some(uuid(&entry[..16])?),
        _ => None,
    };
    let own = [message.id.as_bytes().as_slice(), &now.to_be_bytes()].concat();
    let waiting_side = match partner {
        Some(_) => {
            waiting.remove(0);
            waiting_side
        }
        None if waiting.len() < MOST => {
            waiting.push(&own);
            side as i16
        }
        None => waiting_side,
    };
    diesel::update(row)
        .set((
            pairings::side.eq(waiting_side),
            pairings::ids.eq(waiting.concat()),
            pairings::expires_at.eq(now.saturating_add(within)),
        ))
        .execute(conn)?;
    Ok(partner)
}

/// The order in which messages of one transaction must [`meet`] others: the same everywhere prevents deadlocks between servers.
pub(in crate::store) fn order(message: &Message) -> impl Ord + use<> {
    (digest(message), message.id)
}

/// When an entry began to wait.
fn time(entry: &[u8]) -> i64 {
    entry[16..].try_into().map_or(i64::MIN, i64::from_be_bytes)
}

/// What both reports of a failure share.
fn digest(message: &Message) -> Option<[u8; 16]> {
    let resource = message.resource_uuid.as_deref().filter(|id| !id.is_empty())?;
    // The id of the message itself stands in for an unknown request.
    let own = message.id.to_string();
    let request = Some(message.request_id.as_str()).filter(|id| id.strip_prefix("req-") != Some(&own))?;
    let mut hash = Sha256::new();
    for part in [&message.project_id, resource, request] {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part);
    }
    let mut digest = [0; 16];
    digest.copy_from_slice(&hash.finalize()[..16]);
    Some(digest)
}
