//! The tables of keys and owners.

use std::collections::HashMap;

use diesel::prelude::*;

use super::batch::{IngestKey, Owner};
use super::settle::NewKey;
use crate::store::connection::{Conn, with_each};
use crate::store::dialect::insert::insert_rows;
use crate::store::error::Error;
use crate::store::schema::{ingest_keys, resource_owners};
use crate::store::tables::ids::CHUNK;

/// A row of the table of keys.
#[derive(Clone, Debug, PartialEq, Hash, Insertable, Queryable)]
#[diesel(table_name = ingest_keys)]
pub(in crate::store) struct KeyRow {
    pub(in crate::store) digest: Vec<u8>,
    pub(in crate::store) expires_at: i64,
}

/// A row of the table of owners.
#[derive(Clone, Debug, PartialEq, Hash, Insertable, Queryable)]
#[diesel(table_name = resource_owners)]
pub(in crate::store) struct OwnerRow {
    pub(in crate::store) resource: Vec<u8>,
    pub(in crate::store) project_id: String,
    pub(in crate::store) expires_at: i64,
}

pub(super) fn read_keys(conn: &mut Conn, keys: &[&IngestKey]) -> Result<HashMap<IngestKey, i64>, Error> {
    let mut known = HashMap::new();
    for chunk in keys.chunks(CHUNK) {
        let keys = chunk.iter().map(|key| key.as_slice());
        let rows = ingest_keys::table.filter(ingest_keys::digest.eq_any(keys));
        let rows: Vec<KeyRow> = rows.load(conn)?;
        known.extend(
            rows.into_iter()
                .filter_map(|row| Some((key(&row.digest)?, row.expires_at))),
        );
    }
    Ok(known)
}

pub(super) fn read_owners(
    conn: &mut Conn,
    resources: &[&IngestKey],
) -> Result<HashMap<IngestKey, (String, i64)>, Error> {
    let mut known = HashMap::new();
    for chunk in resources.chunks(CHUNK) {
        let keys = chunk.iter().map(|key| key.as_slice());
        let rows = resource_owners::table.filter(resource_owners::resource.eq_any(keys));
        let rows: Vec<OwnerRow> = rows.load(conn)?;
        for row in rows {
            if let Some(resource) = key(&row.resource) {
                known.insert(resource, (row.project_id, row.expires_at));
            }
        }
    }
    Ok(known)
}

/// Writes keys, in place of those that had expired.
pub(super) fn write_keys(conn: &mut Conn, mut keys: Vec<NewKey>) -> Result<(), Error> {
    // The same order everywhere prevents deadlocks between servers.
    keys.sort_unstable_by_key(|new| new.key);
    let stale = keys.iter().filter(|new| new.is_stale);
    let stale: Vec<Vec<u8>> = stale.map(|new| new.key.to_vec()).collect();
    for chunk in stale.chunks(CHUNK) {
        diesel::delete(ingest_keys::table.filter(ingest_keys::digest.eq_any(chunk))).execute(conn)?;
    }
    let rows: Vec<KeyRow> = keys.iter().map(KeyRow::of).collect();
    for chunk in rows.chunks(CHUNK) {
        insert_rows!(&mut *conn, ingest_keys::table, chunk);
    }
    Ok(())
}

/// Writes owners, in place of the former ones.
pub(super) fn write_owners(conn: &mut Conn, mut owners: Vec<Owner>) -> Result<(), Error> {
    // See `write_keys`.
    owners.sort_unstable_by_key(|owner| owner.resource);
    let rows: Vec<OwnerRow> = owners.into_iter().map(OwnerRow::of).collect();
    for chunk in rows.chunks(CHUNK) {
        let old = chunk.iter().map(|row| row.resource.as_slice());
        diesel::delete(resource_owners::table.filter(resource_owners::resource.eq_any(old))).execute(conn)?;
        with_each!(conn, conn => diesel::insert_into(resource_owners::table).values(chunk).execute(conn)?);
    }
    Ok(())
}

impl KeyRow {
    fn of(new: &NewKey) -> Self {
        Self {
            digest: new.key.to_vec(),
            expires_at: new.expires_at,
        }
    }
}

impl OwnerRow {
    fn of(owner: Owner) -> Self {
        Self {
            resource: owner.resource.to_vec(),
            project_id: owner.project_id,
            expires_at: owner.expires_at,
        }
    }
}

fn key(bytes: &[u8]) -> Option<IngestKey> {
    bytes.try_into().ok()
}
