//! The tables of keys and owners.

use std::collections::HashMap;

use diesel::prelude::*;

use super::{Key, NewKey, Owner};
use crate::store::backend::{Conn, with_each};
use crate::store::error::Error;
use crate::store::schema::{ingest_keys, resource_owners};
use crate::store::write::Tx;

/// Rows of one statement.
const ROWS: usize = 500;

/// A line of the table of keys.
#[derive(Clone, Debug, PartialEq, Insertable, Queryable)]
#[diesel(table_name = ingest_keys)]
pub(in crate::store) struct KeyLine {
    pub(in crate::store) digest: Vec<u8>,
    pub(in crate::store) expires_at: i64,
}

/// A line of the table of owners.
#[derive(Clone, Debug, PartialEq, Insertable, Queryable)]
#[diesel(table_name = resource_owners)]
pub(in crate::store) struct OwnerLine {
    pub(in crate::store) resource: Vec<u8>,
    pub(in crate::store) project_id: String,
    pub(in crate::store) expires_at: i64,
}

pub(super) fn read_keys(conn: &mut Conn, keys: &[&Key]) -> Result<HashMap<Key, i64>, Error> {
    let mut known = HashMap::new();
    for chunk in keys.chunks(ROWS) {
        let keys = chunk.iter().map(|key| key.as_slice());
        let lines = ingest_keys::table.filter(ingest_keys::digest.eq_any(keys));
        let lines: Vec<KeyLine> = lines.load(conn)?;
        known.extend(
            lines
                .into_iter()
                .filter_map(|line| Some((key(&line.digest)?, line.expires_at))),
        );
    }
    Ok(known)
}

pub(super) fn read_owners(conn: &mut Conn, resources: &[&Key]) -> Result<HashMap<Key, (String, i64)>, Error> {
    let mut known = HashMap::new();
    for chunk in resources.chunks(ROWS) {
        let keys = chunk.iter().map(|key| key.as_slice());
        let lines = resource_owners::table.filter(resource_owners::resource.eq_any(keys));
        let lines: Vec<OwnerLine> = lines.load(conn)?;
        for line in lines {
            if let Some(resource) = key(&line.resource) {
                known.insert(resource, (line.project_id, line.expires_at));
            }
        }
    }
    Ok(known)
}

/// Writes keys, in the place of those that had expired.
pub(super) fn write_keys(conn: &mut Conn, mut keys: Vec<NewKey>) -> Result<(), Error> {
    // In one order everywhere, so that two servers wait for each other in no circle.
    keys.sort_unstable_by_key(|new| new.key);
    let stale = keys.iter().filter(|new| new.is_stale);
    let stale: Vec<Vec<u8>> = stale.map(|new| new.key.to_vec()).collect();
    for chunk in stale.chunks(ROWS) {
        diesel::delete(ingest_keys::table.filter(ingest_keys::digest.eq_any(chunk))).execute(conn)?;
    }
    let lines: Vec<KeyLine> = keys.iter().map(KeyLine::of).collect();
    for chunk in lines.chunks(ROWS) {
        conn.insert_ingest_keys(chunk)?;
    }
    Ok(())
}

/// Writes owners, in the place of what was known of their resources.
pub(super) fn write_owners(conn: &mut Conn, mut owners: Vec<Owner>) -> Result<(), Error> {
    // See `write_keys`.
    owners.sort_unstable_by_key(|owner| owner.resource);
    let lines: Vec<OwnerLine> = owners.into_iter().map(OwnerLine::of).collect();
    for chunk in lines.chunks(ROWS) {
        let old = chunk.iter().map(|line| line.resource.as_slice());
        diesel::delete(resource_owners::table.filter(resource_owners::resource.eq_any(old))).execute(conn)?;
        with_each!(conn, conn => diesel::insert_into(resource_owners::table).values(chunk).execute(conn)?);
    }
    Ok(())
}

impl KeyLine {
    fn of(new: &NewKey) -> Self {
        Self {
            digest: new.key.to_vec(),
            expires_at: new.expires_at,
        }
    }
}

impl OwnerLine {
    fn of(owner: Owner) -> Self {
        Self {
            resource: owner.resource.to_vec(),
            project_id: owner.project_id,
            expires_at: owner.expires_at,
        }
    }
}

fn key(bytes: &[u8]) -> Option<Key> {
    bytes.try_into().ok()
}

/// Keys that one statement deletes: SQLite takes 32766 variables in one, and a purge may have larger batches.
const MOST_VARIABLES: usize = 10_000;

/// Deletes up to `limit` keys, and then owners, that expired before `before` (microseconds) and gives their number.
pub fn delete_expired(tx: &mut Tx<'_>, before: i64, limit: i64) -> Result<usize, Error> {
    let keys: Vec<Vec<u8>> = ingest_keys::table
        .select(ingest_keys::digest)
        .filter(ingest_keys::expires_at.lt(before))
        .order(ingest_keys::expires_at)
        .limit(limit)
        .load(tx.conn())?;
    let mut deleted = 0;
    for chunk in keys.chunks(MOST_VARIABLES) {
        let stale = ingest_keys::table.filter(ingest_keys::digest.eq_any(chunk));
        deleted += diesel::delete(stale).execute(tx.conn())?;
    }
    let rest = limit.saturating_sub(i64::try_from(deleted).unwrap_or(limit));
    let owners: Vec<Vec<u8>> = resource_owners::table
        .select(resource_owners::resource)
        .filter(resource_owners::expires_at.lt(before))
        .order(resource_owners::expires_at)
        .limit(rest)
        .load(tx.conn())?;
    for chunk in owners.chunks(MOST_VARIABLES) {
        let stale = resource_owners::table.filter(resource_owners::resource.eq_any(chunk));
        deleted += diesel::delete(stale).execute(tx.conn())?;
    }
    Ok(deleted)
}
