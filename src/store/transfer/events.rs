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
        let Self {
            id,
            created_at,
            event_type,
            priority,
            publisher_id,
            project_id,
            request_id,
            payload,
            call_report,
        } = self;
        digest.bytes(id);
        digest.number(*created_at);
        digest.bytes(event_type.as_bytes());
        digest.bytes(priority.as_bytes());
        digest.bytes(publisher_id.as_bytes());
        digest.text(project_id.as_deref());
        digest.text(request_id.as_deref());
        digest.bytes(payload.as_bytes());
        digest.text(call_report.as_deref());
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

    /// Asks for the rest of the driver's events, then for those of the others: each is one seek in the primary key.
    fn page(conn: &mut Conn, after: &[u8], _: i64, limit: i64) -> Result<Vec<Self>, Error> {
        let (target, id) = parts(after);
        let select = || outbox::table.order((outbox::target, outbox::id));
        let of_driver = select()
            .filter(outbox::target.eq(target.clone()))
            .filter(outbox::id.gt(id))
            .limit(limit);
        let mut rows: Vec<SentRow> = of_driver.load(conn)?;
        let room = limit - i64::try_from(rows.len()).unwrap_or(limit);
        if room > 0 {
            let others = select().filter(outbox::target.gt(target)).limit(room);
            rows.extend(others.load::<SentRow>(conn)?);
        }
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
        let SentRow {
            target,
            id,
            created_at,
            event_type,
            priority,
            publisher_id,
            project_id,
            request_id,
            payload,
            call_report,
        } = &self.row;
        digest.bytes(target.as_bytes());
        digest.bytes(id);
        digest.number(*created_at);
        digest.bytes(event_type.as_bytes());
        digest.bytes(priority.as_bytes());
        digest.bytes(publisher_id.as_bytes());
        digest.text(project_id.as_deref());
        digest.text(request_id.as_deref());
        digest.bytes(payload.as_bytes());
        digest.text(call_report.as_deref());
    }
}
