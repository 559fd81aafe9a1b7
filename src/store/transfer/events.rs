//! The tables of undelivered events.

use diesel::prelude::*;

use super::checksum::digits;
use super::table::{Table, first_of};
use crate::store::connection::{Conn, with_each};
use crate::store::error::Error;
use crate::store::schema::{deliveries, outbox, pending_events};
use crate::store::tables::delivery::DeliveryRow;
use crate::store::tables::event::{OutboxRow, PendingRow, columns};
use crate::store::transaction::Tx;

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

impl Table for OutboxRow<'static> {
    const NAME: &'static str = "outbox";

    type Key = (String, Vec<u8>);

    const FIRST: Self::Key = (String::new(), Vec::new());

    fn page(conn: &mut Conn, (target, id): &Self::Key, _: i64, limit: i64) -> Result<Vec<Self>, Error> {
        let select = || {
            let rows = outbox::table.select((outbox::target, columns!(outbox)));
            rows.order((outbox::target, outbox::id))
        };
        first_of!(
            conn,
            limit,
            select()
                .filter(outbox::target.eq(target))
                .filter(outbox::id.gt(id)),
            select().filter(outbox::target.gt(target)),
        )
    }

    fn key(&self) -> Self::Key {
        (self.target.to_string(), self.event.id.to_vec())
    }

    fn shown(&self) -> String {
        format!("{} {}", self.target, digits(&self.event.id))
    }

    fn insert(tx: &mut Tx<'_>, rows: &[Self]) -> Result<(), Error> {
        for row in rows {
            let row = row.clone();
            with_each!(tx.conn(), conn => diesel::insert_into(outbox::table).values(row).execute(conn)?);
        }
        Ok(())
    }

    fn delete(tx: &mut Tx<'_>, keys: &[Self::Key]) -> Result<(), Error> {
        for (target, id) in keys {
            diesel::delete(outbox::table.find((target, id))).execute(tx.conn())?;
        }
        Ok(())
    }
}

impl Table for DeliveryRow<'static> {
    const NAME: &'static str = "deliveries";

    type Key = (String, Vec<u8>);

    const FIRST: Self::Key = (String::new(), Vec::new());

    fn page(conn: &mut Conn, (target, id): &Self::Key, _: i64, limit: i64) -> Result<Vec<Self>, Error> {
        let select = || deliveries::table.order((deliveries::target, deliveries::event_id));
        first_of!(
            conn,
            limit,
            select()
                .filter(deliveries::target.eq(target))
                .filter(deliveries::event_id.gt(id)),
            select().filter(deliveries::target.gt(target)),
        )
    }

    fn key(&self) -> Self::Key {
        (self.target.to_string(), self.event_id.to_vec())
    }

    fn shown(&self) -> String {
        format!("{} {}", self.target, digits(&self.event_id))
    }

    fn insert(tx: &mut Tx<'_>, rows: &[Self]) -> Result<(), Error> {
        for row in rows {
            let row = row.clone();
            with_each!(tx.conn(), conn => diesel::insert_into(deliveries::table).values(row).execute(conn)?);
        }
        Ok(())
    }

    fn delete(tx: &mut Tx<'_>, keys: &[Self::Key]) -> Result<(), Error> {
        for (target, id) in keys {
            diesel::delete(deliveries::table.find((target, id))).execute(tx.conn())?;
        }
        Ok(())
    }
}
