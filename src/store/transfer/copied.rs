//! The tables that are copied.

use diesel::connection::DefaultLoadingMode;
use diesel::prelude::*;

use super::checksum::digits;
use super::table::{Table, first_of, keyed_by_bytes};
use crate::message::Message;
use crate::store::connection::{Conn, with_each};
use crate::store::error::Error;
use crate::store::schema::{
    events, idempotency_keys, ingest_keys, messages, read_marks, read_watermarks, resource_owners,
};
use crate::store::tables::event::EventRow;
use crate::store::tables::idempotency::IdempotencyRow;
use crate::store::tables::ingest::{KeyRow, OwnerRow};
use crate::store::tables::message::{self, MessageRow};
use crate::store::tables::read_state::{Mark, Watermark, insert_marks, insert_watermark};
use crate::store::transaction::Tx;

keyed_by_bytes!(EventRow<'static>, events.id, |row| &row.id);
keyed_by_bytes!(IdempotencyRow, idempotency_keys.scope, |row| &row.scope, expires expires_at);
keyed_by_bytes!(KeyRow, ingest_keys.digest, |row| &row.digest, expires expires_at);
keyed_by_bytes!(OwnerRow, resource_owners.resource, |row| &row.resource, expires expires_at);

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

impl Table for Mark {
    const NAME: &'static str = "read_marks";

    type Key = (String, String, i64, Vec<u8>);

    const FIRST: Self::Key = (String::new(), String::new(), i64::MIN, Vec::new());

    fn page(conn: &mut Conn, after: &Self::Key, _: i64, limit: i64) -> Result<Vec<Self>, Error> {
        use read_marks::{created_at, message_id, project_id, table, user_id};
        let (project, user, at, id) = after;
        let select = || table.order((project_id, user_id, created_at, message_id));
        first_of!(
            conn,
            limit,
            select()
                .filter(project_id.eq(project))
                .filter(user_id.eq(user))
                .filter(created_at.ge(at))
                .filter(created_at.gt(at).or(message_id.gt(id))),
            select().filter(project_id.eq(project)).filter(user_id.gt(user)),
            select().filter(project_id.gt(project)),
        )
    }

    fn key(&self) -> Self::Key {
        let (project, user) = (self.project_id.clone(), self.user_id.clone());
        (project, user, self.created_at, self.message_id.clone())
    }

    fn shown(&self) -> String {
        format!(
            "{} {} {}",
            self.project_id,
            self.user_id,
            digits(&self.message_id)
        )
    }

    fn insert(tx: &mut Tx<'_>, rows: &[Self]) -> Result<(), Error> {
        insert_marks(tx.conn(), rows)
    }

    fn delete(tx: &mut Tx<'_>, keys: &[Self::Key]) -> Result<(), Error> {
        for (project, user, at, id) in keys {
            diesel::delete(read_marks::table.find((project, user, at, id))).execute(tx.conn())?;
        }
        Ok(())
    }
}

impl Table for Watermark {
    const NAME: &'static str = "read_watermarks";
    const CHANGES_IN_PLACE: bool = true;

    type Key = (String, String);

    const FIRST: Self::Key = (String::new(), String::new());

    fn page(conn: &mut Conn, (project, user): &Self::Key, _: i64, limit: i64) -> Result<Vec<Self>, Error> {
        use read_watermarks::{project_id, table, user_id};
        let select = || table.order((project_id, user_id));
        first_of!(
            conn,
            limit,
            select().filter(project_id.eq(project)).filter(user_id.gt(user)),
            select().filter(project_id.gt(project)),
        )
    }

    fn key(&self) -> Self::Key {
        (self.project_id.clone(), self.user_id.clone())
    }

    fn shown(&self) -> String {
        format!("{} {}", self.project_id, self.user_id)
    }

    fn insert(tx: &mut Tx<'_>, rows: &[Self]) -> Result<(), Error> {
        rows.iter()
            .try_for_each(|watermark| insert_watermark(tx.conn(), watermark))
    }

    fn delete(tx: &mut Tx<'_>, keys: &[Self::Key]) -> Result<(), Error> {
        for (project, user) in keys {
            diesel::delete(read_watermarks::table.find((project, user))).execute(tx.conn())?;
        }
        Ok(())
    }
}
