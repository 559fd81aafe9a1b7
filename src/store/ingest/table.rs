//! The tables of keys and owners.

use std::collections::{BTreeSet, HashMap};

use diesel::prelude::*;

use super::{Batch, Key, Known};
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

/// Writes what is new since `before`. A key that stood there had expired.
pub(super) fn write_keys(conn: &mut Conn, before: &Known, known: &Known) -> Result<(), Error> {
    let is_new = |(key, expires_at): &(&Key, &i64)| before.keys.get(*key) != Some(*expires_at);
    let mut lines: Vec<KeyLine> = known.keys.iter().filter(is_new).map(KeyLine::of).collect();
    // In one order everywhere, so that two servers wait for each other in no circle.
    lines.sort_by(|a, b| a.digest.cmp(&b.digest));
    let expired = lines
        .iter()
        .filter(|line| key(&line.digest).is_some_and(|key| before.keys.contains_key(&key)));
    let expired: Vec<Vec<u8>> = expired.map(|line| line.digest.clone()).collect();
    for chunk in expired.chunks(ROWS) {
        let stale = ingest_keys::table.filter(ingest_keys::digest.eq_any(chunk));
        diesel::delete(stale).execute(conn)?;
    }
    for chunk in lines.chunks(ROWS) {
        with_each!(conn, conn => diesel::insert_into(ingest_keys::table).values(chunk).execute(conn)?);
    }
    Ok(())
}

/// Writes who is new or another, and who would soon be forgotten: not every notification of a resource is a write.
pub(super) fn write_owners(
    conn: &mut Conn,
    before: &Known,
    known: &Known,
    batch: &Batch,
) -> Result<(), Error> {
    // Each resource once, in one order everywhere; see `write_keys`.
    let told: BTreeSet<&Key> = batch.owners.iter().map(|owner| &owner.resource).collect();
    let mut lines: Vec<OwnerLine> = Vec::new();
    for resource in told {
        let Some((project, expires_at)) = known.owners.get(resource) else {
            continue;
        };
        let is_fresh = |(old, until): &(String, i64)| {
            // Half of the time is still to come.
            old == project && until - batch.now > (expires_at - batch.now) / 2
        };
        if !before.owners.get(resource).is_some_and(is_fresh) {
            lines.push(OwnerLine {
                resource: resource.to_vec(),
                project_id: project.clone(),
                expires_at: *expires_at,
            });
        }
    }
    for chunk in lines.chunks(ROWS) {
        let old = chunk.iter().map(|line| line.resource.as_slice());
        diesel::delete(resource_owners::table.filter(resource_owners::resource.eq_any(old))).execute(conn)?;
        with_each!(conn, conn => diesel::insert_into(resource_owners::table).values(chunk).execute(conn)?);
    }
    Ok(())
}

impl KeyLine {
    fn of((key, expires_at): (&Key, &i64)) -> Self {
        Self {
            digest: key.to_vec(),
            expires_at: *expires_at,
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

/// How many keys and owners expired before `before`, in microseconds.
pub fn count_expired(conn: &mut Conn, before: i64) -> Result<i64, Error> {
    let keys: i64 = ingest_keys::table
        .filter(ingest_keys::expires_at.lt(before))
        .count()
        .get_result(conn)?;
    let owners: i64 = resource_owners::table
        .filter(resource_owners::expires_at.lt(before))
        .count()
        .get_result(conn)?;
    Ok(keys + owners)
}
