//! The tables of events, as they are copied.

use diesel::prelude::*;

use super::digest::{Columns, Digest, digits};
use super::table::Table;
use crate::store::backend::{Conn, with_each};
use crate::store::error::Error;
use crate::store::event::{KeptRow, SentRow};
use crate::store::schema::{events, outbox};
use crate::store::write::Tx;

impl Table for KeptRow {
    const NAME: &'static str = "events";

    fn page(conn: &mut Conn, after: &[u8], _: i64, limit: i64) -> Result<Vec<Self>, Error> {
        Ok(events::table
            .filter(events::id.gt(after))
            .order(events::id)
            .limit(limit)
            .load(conn)?)
    }

    fn key(&self) -> &[u8] {
        &self.id
    }

    fn shown(&self) -> String {
        digits(&self.id)
    }

    fn insert(tx: &mut Tx<'_>, rows: &[Self]) -> Result<(), Error> {
        for row in rows {
            let row = row.clone();
            with_each!(tx.conn(), conn => diesel::insert_into(events::table).values(row).execute(conn)?);
        }
        Ok(())
    }

    fn delete(tx: &mut Tx<'_>, keys: &[Vec<u8>]) -> Result<(), Error> {
        diesel::delete(events::table.filter(events::id.eq_any(keys))).execute(tx.conn())?;
        Ok(())
    }
}

impl Columns for KeptRow {
    fn columns(&self, digest: &mut Digest) {
        digest.bytes(&self.id);
        digest.number(self.created_at);
        digest.bytes(self.event_type.as_bytes());
        digest.bytes(self.priority.as_bytes());
        digest.bytes(self.publisher_id.as_bytes());
        digest.text(self.project_id.as_deref());
        digest.text(self.request_id.as_deref());
        digest.bytes(self.payload.as_bytes());
        digest.text(self.call_report.as_deref());
    }
}

/// An event on its way. Its key is the driver's name, a zero, and the event's id, which sort as the columns do.
#[derive(PartialEq)]
pub(super) struct Waiting {
    key: Vec<u8>,
    row: SentRow,
}

impl From<SentRow> for Waiting {
    fn from(row: SentRow) -> Self {
        let key = [row.target.as_bytes(), &[0], &row.id].concat();
        Self { key, row }
    }
}

/// The columns of a key; the first of all keys where it is none.
fn parts(key: &[u8]) -> (String, Vec<u8>) {
    let mut parts = key.splitn(2, |byte| *byte == 0);
    let target = String::from_utf8_lossy(parts.next().unwrap_or_default()).into_owned();
    (target, parts.next().unwrap_or_default().to_vec())
}

impl Table for Waiting {
    const NAME: &'static str = "outbox";

    fn page(conn: &mut Conn, after: &[u8], _: i64, limit: i64) -> Result<Vec<Self>, Error> {
        let (target, id) = parts(after);
        let is_behind = outbox::target
            .gt(target.clone())
            .or(outbox::target.eq(target).and(outbox::id.gt(id)));
        let rows: Vec<SentRow> = outbox::table
            .filter(is_behind)
            .order((outbox::target, outbox::id))
            .limit(limit)
            .load(conn)?;
        Ok(rows.into_iter().map(Self::from).collect())
    }

    fn key(&self) -> &[u8] {
        &self.key
    }

    fn shown(&self) -> String {
        format!("{} {}", self.row.target, digits(&self.row.id))
    }

    fn insert(tx: &mut Tx<'_>, rows: &[Self]) -> Result<(), Error> {
        for waiting in rows {
            let row = waiting.row.clone();
            with_each!(tx.conn(), conn => diesel::insert_into(outbox::table).values(row).execute(conn)?);
        }
        Ok(())
    }

    fn delete(tx: &mut Tx<'_>, keys: &[Vec<u8>]) -> Result<(), Error> {
        for key in keys {
            let (target, id) = parts(key);
            let row = outbox::table
                .filter(outbox::target.eq(target))
                .filter(outbox::id.eq(id));
            diesel::delete(row).execute(tx.conn())?;
        }
        Ok(())
    }
}

impl Columns for Waiting {
    fn columns(&self, digest: &mut Digest) {
        let row = &self.row;
        digest.bytes(row.target.as_bytes());
        digest.bytes(&row.id);
        digest.number(row.created_at);
        digest.bytes(row.event_type.as_bytes());
        digest.bytes(row.priority.as_bytes());
        digest.bytes(row.publisher_id.as_bytes());
        digest.text(row.project_id.as_deref());
        digest.text(row.request_id.as_deref());
        digest.bytes(row.payload.as_bytes());
        digest.text(row.call_report.as_deref());
    }
}
