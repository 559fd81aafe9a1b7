//! What is kept of notifications, as tables that are copied: without it, one that is delivered again after a move would be
//! recorded twice, and images would belong to nobody.

use diesel::prelude::*;

use super::digest::{Columns, Digest, digits};
use super::table::Table;
use crate::store::backend::Conn;
use crate::store::error::Error;
use crate::store::ingest::{KeyLine, OwnerLine};
use crate::store::schema::{ingest_keys, resource_owners};
use crate::store::write::Tx;

impl Table for KeyLine {
    const NAME: &'static str = "ingest_keys";
    const CHANGES_IN_PLACE: bool = true;

    fn page(conn: &mut Conn, after: &[u8], now: i64, limit: i64) -> Result<Vec<Self>, Error> {
        Ok(ingest_keys::table
            .filter(ingest_keys::digest.gt(after))
            .filter(ingest_keys::expires_at.gt(now))
            .order(ingest_keys::digest)
            .limit(limit)
            .load(conn)?)
    }

    fn key(&self) -> &[u8] {
        &self.digest
    }

    fn shown(&self) -> String {
        digits(&self.digest)
    }

    fn insert(tx: &mut Tx<'_>, rows: &[Self]) -> Result<(), Error> {
        // One that has expired in the target, or one that an attempt before this has inserted.
        let keys: Vec<Vec<u8>> = rows.iter().map(|row| row.digest.clone()).collect();
        Self::delete(tx, &keys)?;
        for row in rows {
            diesel::insert_into(ingest_keys::table)
                .values(row.clone())
                .execute(tx.conn())?;
        }
        Ok(())
    }

    fn delete(tx: &mut Tx<'_>, keys: &[Vec<u8>]) -> Result<(), Error> {
        let lines = ingest_keys::table.filter(ingest_keys::digest.eq_any(keys));
        diesel::delete(lines).execute(tx.conn())?;
        Ok(())
    }
}

impl Columns for KeyLine {
    fn columns(&self, digest: &mut Digest) {
        let Self {
            digest: key,
            expires_at,
        } = self;
        digest.bytes(key);
        digest.number(*expires_at);
    }
}

impl Table for OwnerLine {
    const NAME: &'static str = "resource_owners";
    const CHANGES_IN_PLACE: bool = true;

    fn page(conn: &mut Conn, after: &[u8], now: i64, limit: i64) -> Result<Vec<Self>, Error> {
        Ok(resource_owners::table
            .filter(resource_owners::resource.gt(after))
            .filter(resource_owners::expires_at.gt(now))
            .order(resource_owners::resource)
            .limit(limit)
            .load(conn)?)
    }

    fn key(&self) -> &[u8] {
        &self.resource
    }

    fn shown(&self) -> String {
        digits(&self.resource)
    }

    fn insert(tx: &mut Tx<'_>, rows: &[Self]) -> Result<(), Error> {
        let keys: Vec<Vec<u8>> = rows.iter().map(|row| row.resource.clone()).collect();
        Self::delete(tx, &keys)?;
        for row in rows {
            diesel::insert_into(resource_owners::table)
                .values(row.clone())
                .execute(tx.conn())?;
        }
        Ok(())
    }

    fn delete(tx: &mut Tx<'_>, keys: &[Vec<u8>]) -> Result<(), Error> {
        let lines = resource_owners::table.filter(resource_owners::resource.eq_any(keys));
        diesel::delete(lines).execute(tx.conn())?;
        Ok(())
    }
}

impl Columns for OwnerLine {
    fn columns(&self, digest: &mut Digest) {
        let Self {
            resource,
            project_id,
            expires_at,
        } = self;
        digest.bytes(resource);
        digest.bytes(project_id.as_bytes());
        digest.number(*expires_at);
    }
}
