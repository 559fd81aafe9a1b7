//! The tables of undelivered events and their deliveries.

use diesel::prelude::*;

use super::checksum::digits;
use super::table::{Part, Table, first_of, keyed_by_columns};
use crate::store::connection::{Conn, with_each};
use crate::store::error::Error;
use crate::store::schema::{attempts, deliveries, outbox, pending_events};
use crate::store::tables::delivery::{AttemptRow, DeliveryRow};
use crate::store::tables::event::{OutboxRow, PendingRow, columns};
use crate::store::transaction::Tx;

keyed_by_columns!(
    OutboxRow<'static>,
    outbox (target: String, id: Vec<u8>),
    |row| (row.target.to_string(), row.event.id.to_vec()),
    (outbox::target, columns!(outbox)),
    changes false
);
keyed_by_columns!(
    DeliveryRow<'static>,
    deliveries (target: String, event_id: Vec<u8>),
    |row| (row.target.to_string(), row.event_id.to_vec()),
    deliveries::all_columns,
    // Those of listeners.
    changes true
);
keyed_by_columns!(
    AttemptRow,
    attempts (target: String, event_id: Vec<u8>, id: Vec<u8>),
    |row| (row.target.clone(), row.event_id.clone(), row.id.clone()),
    attempts::all_columns,
    changes false
);

impl Table for PendingRow {
    const NAME: &'static str = "pending_events";

    type Key = Vec<u8>;

    const FIRST: Vec<u8> = Vec::new();

    fn page(conn: &mut Conn, after: &Vec<u8>, _: i64, limit: i64) -> Result<Vec<Self>, Error> {
        let rows = pending_events::table.filter(pending_events::id.gt(after));
        let rows = rows.order(pending_events::id).limit(limit).load(conn)?;
        Ok(rows.into_iter().map(Self).collect())
    }

    fn key(&self) -> Vec<u8> {
        self.0.id.to_vec()
    }

    fn shown(&self) -> String {
        digits(&self.0.id)
    }

    fn insert(tx: &mut Tx<'_>, rows: &[Self]) -> Result<(), Error> {
        for Self(row) in rows {
            let row = row.clone();
            with_each!(tx.conn(), conn => diesel::insert_into(pending_events::table).values(row).execute(conn)?);
        }
        Ok(())
    }

    fn delete(tx: &mut Tx<'_>, keys: &[Vec<u8>]) -> Result<(), Error> {
        let rows = pending_events::table.filter(pending_events::id.eq_any(keys));
        diesel::delete(rows).execute(tx.conn())?;
        Ok(())
    }
}
