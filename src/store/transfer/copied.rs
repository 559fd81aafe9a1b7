//! The tables that are copied.

use diesel::connection::DefaultLoadingMode;
use diesel::prelude::*;

use super::checksum::digits;
use super::table::{Part, Table, first_of, keyed_by_bytes, keyed_by_columns};
use crate::message::Message;
use crate::store::connection::{Conn, with_each};
use crate::store::error::Error;
use crate::store::schema::{
    events, follow_positions, followed_rows, idempotency_keys, ingest_keys, messages, pairings, read_marks,
    read_watermarks, resource_owners,
};
use crate::store::tables::event::EventRow;
use crate::store::tables::follow::{PairingRow, PositionRow, RowNote};
use crate::store::tables::idempotency::IdempotencyRow;
use crate::store::tables::ingest::{KeyRow, OwnerRow};
use crate::store::tables::message::{self, MessageRow};
use crate::store::tables::read_state::{Mark, Watermark, insert_marks, insert_watermark};
use crate::store::transaction::Tx;

keyed_by_bytes!(EventRow<'static>, events.id, |row| &row.id);
keyed_by_bytes!(IdempotencyRow, idempotency_keys.scope, |row| &row.scope, expires expires_at);
keyed_by_bytes!(KeyRow, ingest_keys.digest, |row| &row.digest, expires expires_at);
keyed_by_bytes!(OwnerRow, resource_owners.resource, |row| &row.resource, expires expires_at);
keyed_by_bytes!(RowNote, followed_rows.id, |row| &row.id, changes true);
keyed_by_bytes!(PairingRow, pairings.digest, |row| &row.digest, expires expires_at);

impl Table for Message {
    const NAME: &'static str = "messages";

    type Key = Vec<u8>;

    const FIRST: Vec<u8> = Vec::new();

    fn page(conn: &mut Conn, after: &Vec<u8>, _: i64, limit: i64) -> Result<Vec<Self>, Error> {
        let select = messages::table
            .select(message::columns())
            .filter(messages::id.gt(after))
            .order(messages::id)
            .limit(limit);
        with_each!(conn, conn => {
            let rows = select.load_iter::<MessageRow, DefaultLoadingMode>(conn)?;
            Ok(rows.map(|row| Ok(row?.to_message())).collect::<QueryResult<_>>()?)
        })
    }

    fn key(&self) -> Vec<u8> {
        self.id.as_bytes().to_vec()
    }

    fn shown(&self) -> String {
        self.id.to_string()
    }

    fn insert(tx: &mut Tx<'_>, rows: &[Self]) -> Result<(), Error> {
        message::copy(tx, rows)
    }

    fn delete(tx: &mut Tx<'_>, keys: &[Vec<u8>]) -> Result<(), Error> {
        diesel::delete(messages::table.filter(messages::id.eq_any(keys))).execute(tx.conn())?;
        Ok(())
    }
}

keyed_by_columns!(
    PositionRow,
    follow_positions (service: String),
    |row| (row.service.clone(),),
    follow_positions::all_columns,
    changes true
);
keyed_by_columns!(
    Mark,
    read_marks (project_id: String, user_id: String, created_at: i64, message_id: Vec<u8>),
    |row| (row.project_id.clone(), row.user_id.clone(), row.created_at, row.message_id.clone()),
    read_marks::all_columns,
    changes true,
    insert |conn: &mut Conn, rows: &[Mark]| insert_marks(conn, rows).map(drop)
);
keyed_by_columns!(
    Watermark,
    read_watermarks (project_id: String, user_id: String),
    |row| (row.project_id.clone(), row.user_id.clone()),
    read_watermarks::all_columns,
    changes true,
    insert |conn: &mut Conn, rows: &[Watermark]| rows.iter().try_for_each(|row| insert_watermark(conn, row))
);
