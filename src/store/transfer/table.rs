//! The tables that are copied.

use diesel::connection::DefaultLoadingMode;
use diesel::prelude::*;

use super::digest::{Columns, Digest, digits};
use crate::message::Message;
use crate::store::backend::{Conn, with_each};
use crate::store::error::Error;
use crate::store::idempotency::Line;
use crate::store::message::{self, COLUMNS, Row};
use crate::store::schema::{idempotency_keys, messages};
use crate::store::write::Tx;

/// Rows of a table whose key is some bytes, which all databases order alike.
pub(super) trait Table: Columns + PartialEq + Send + Sized + 'static {
    /// The table's name.
    const NAME: &'static str;

    /// Whether rows are updated in place as a matter of course, so that the source's replaces one that was copied before.
    const CHANGES_IN_PLACE: bool = false;

    /// The first `limit` rows behind the key `after`, in the order of keys; of what expires by itself only what has not at
    /// `now`.
    fn page(conn: &mut Conn, after: &[u8], now: i64, limit: i64) -> Result<Vec<Self>, Error>;

    fn key(&self) -> &[u8];

    /// The key as people know it.
    fn shown(&self) -> String;

    /// Inserts what is not there yet.
    fn insert(tx: &mut Tx<'_>, rows: &[Self]) -> Result<(), Error>;

    /// Deletes what has one of these keys.
    fn delete(tx: &mut Tx<'_>, keys: &[Vec<u8>]) -> Result<(), Error>;
}

impl Table for Message {
    const NAME: &'static str = "messages";

    fn page(conn: &mut Conn, after: &[u8], _: i64, limit: i64) -> Result<Vec<Self>, Error> {
        let select = messages::table
            .select(COLUMNS)
            .filter(messages::id.gt(after))
            .order(messages::id)
            .limit(limit);
        with_each!(conn, conn => {
            let rows = select.load_iter::<Row, DefaultLoadingMode>(conn)?;
            Ok(rows.map(|row| Ok(row?.to_message())).collect::<QueryResult<_>>()?)
        })
    }

    fn key(&self) -> &[u8] {
        self.id.as_bytes()
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

impl Columns for Message {
    fn columns(&self, digest: &mut Digest) {
        let Self {
            id,
            project_id,
            created_at,
            event_id,
            action_id,
            detail_id,
            resource_type,
            resource_uuid,
            request_id,
            message_level,
            parameters,
            expires_at,
        } = self;
        digest.bytes(id.as_bytes());
        digest.bytes(project_id.as_bytes());
        digest.number(*created_at);
        digest.bytes(event_id.as_bytes());
        digest.text(action_id.as_deref());
        digest.text(detail_id.as_deref());
        digest.text(resource_type.as_deref());
        digest.text(resource_uuid.as_deref());
        digest.bytes(request_id.as_bytes());
        digest.bytes(message_level.as_bytes());
        digest.text(parameters.as_deref());
        digest.time(*expires_at);
    }
}

impl Table for Line {
    const NAME: &'static str = "idempotency_keys";

    fn page(conn: &mut Conn, after: &[u8], now: i64, limit: i64) -> Result<Vec<Self>, Error> {
        Ok(idempotency_keys::table
            .filter(idempotency_keys::scope.gt(after))
            .filter(idempotency_keys::expires_at.gt(now))
            .order(idempotency_keys::scope)
            .limit(limit)
            .load(conn)?)
    }

    fn key(&self) -> &[u8] {
        &self.scope
    }

    fn shown(&self) -> String {
        digits(&self.scope)
    }

    fn insert(tx: &mut Tx<'_>, rows: &[Self]) -> Result<(), Error> {
        // One that has expired in the target, or one that an attempt before this has inserted.
        let keys: Vec<Vec<u8>> = rows.iter().map(|row| row.scope.clone()).collect();
        Self::delete(tx, &keys)?;
        for row in rows {
            diesel::insert_into(idempotency_keys::table)
                .values(row.clone())
                .execute(tx.conn())?;
        }
        Ok(())
    }

    fn delete(tx: &mut Tx<'_>, keys: &[Vec<u8>]) -> Result<(), Error> {
        let lines = idempotency_keys::table.filter(idempotency_keys::scope.eq_any(keys));
        diesel::delete(lines).execute(tx.conn())?;
        Ok(())
    }
}

impl Columns for Line {
    fn columns(&self, digest: &mut Digest) {
        let Self {
            scope,
            request,
            ids,
            created_at,
            request_id,
            expires_at,
        } = self;
        digest.bytes(scope);
        digest.bytes(request);
        digest.bytes(ids);
        digest.number(*created_at);
        digest.bytes(request_id.as_bytes());
        digest.number(*expires_at);
    }
}
