//! Idempotency keys: what the first request with each key made, for a day.
//!
//! Stored are not answers but what they were made of (ids, time, request id): the repeated request supplies the rest.

#[cfg(any(feature = "postgres", feature = "mysql"))]
use std::collections::HashMap;

use diesel::prelude::*;
use uuid::Uuid;

use crate::store::connection::Conn;
#[cfg(any(feature = "postgres", feature = "mysql"))]
use crate::store::connection::with_each;
#[cfg(any(feature = "postgres", feature = "mysql"))]
use crate::store::dialect::chunks;
use crate::store::error::Error;
use crate::store::schema::idempotency_keys;

/// A request's key.
#[derive(Debug, Clone)]
pub struct IdempotencyKey {
    /// SHA-256 of user, project, route and the client's key.
    pub scope: [u8; 32],
    /// SHA-256 of the request's body.
    pub request: [u8; 32],
    /// The request's id.
    pub request_id: String,
    /// When it expires, in microseconds since 1970.
    pub expires_at: i64,
}

/// What the first request with a key made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstRequest {
    /// The ids, in the order of the request.
    pub ids: Vec<Uuid>,
    /// Microseconds since 1970.
    pub created_at: i64,
    /// The request's id.
    pub request_id: String,
}

/// The outcome of a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recorded {
    /// It was recorded now.
    New,
    /// The same request was recorded before; this is what it made.
    Before(FirstRequest),
    /// The key was used before with another request.
    Mismatch,
}

/// A row of the table.
#[derive(Clone, PartialEq, Hash, Insertable, Queryable)]
#[diesel(table_name = idempotency_keys)]
pub(in crate::store) struct IdempotencyRow {
    pub(in crate::store) scope: Vec<u8>,
    pub(in crate::store) request: Vec<u8>,
    pub(in crate::store) ids: Vec<u8>,
    pub(in crate::store) created_at: i64,
    pub(in crate::store) request_id: String,
    pub(in crate::store) expires_at: i64,
}

/// The outcome that a request with this key would have at `now` (microseconds), without taking the key: [`Recorded::New`] if
/// it is free.
pub fn find(conn: &mut Conn, key: &IdempotencyKey, now: i64) -> Result<Recorded, Error> {
    match row(conn, key)? {
        Some(known) if known.expires_at > now => known.answer(key),
        _ => Ok(Recorded::New),
    }
}

fn row(conn: &mut Conn, key: &IdempotencyKey) -> Result<Option<IdempotencyRow>, Error> {
    let row = idempotency_keys::table.find(key.scope.as_slice());
    Ok(row.first(conn).optional()?)
}

/// Takes the key for `made`, unless it is taken.
#[cfg(feature = "sqlite")]
pub(in crate::store) fn claim(
    conn: &mut Conn,
    key: &IdempotencyKey,
    made: &FirstRequest,
) -> Result<Recorded, Error> {
    match row(conn, key)? {
        Some(known) if known.expires_at > made.created_at => return known.answer(key),
        Some(_) => {
            diesel::delete(idempotency_keys::table.find(key.scope.as_slice())).execute(conn)?;
        }
        None => {}
    }
    let row = IdempotencyRow::new(key, made);
    diesel::insert_into(idempotency_keys::table)
        .values(row)
        .execute(conn)?;
    Ok(Recorded::New)
}

/// Bytes of a row beside its ids, roughly.
#[cfg(any(feature = "postgres", feature = "mysql"))]
const REST: usize = 512;

/// Takes many keys at once and returns the outcome of each, in order.
#[cfg(any(feature = "postgres", feature = "mysql"))]
pub(in crate::store) fn claim_all(
    conn: &mut Conn,
    claims: &[(&IdempotencyKey, FirstRequest)],
) -> Result<Vec<Recorded>, Error> {
    if claims.is_empty() {
        return Ok(Vec::new());
    }
    let scopes: Vec<&[u8]> = claims.iter().map(|(key, _)| key.scope.as_slice()).collect();
    let taken = idempotency_keys::table.filter(idempotency_keys::scope.eq_any(scopes));
    let known: Vec<IdempotencyRow> = taken.load(conn)?;
    let mut known: HashMap<Vec<u8>, IdempotencyRow> =
        known.into_iter().map(|row| (row.scope.clone(), row)).collect();
    let (mut outcomes, mut fresh, mut expired) = (Vec::with_capacity(claims.len()), Vec::new(), Vec::new());
    for (key, made) in claims {
        match known.get(key.scope.as_slice()) {
            Some(row) if row.expires_at > made.created_at => {
                outcomes.push(row.clone().answer(key)?);
                continue;
            }
            Some(_) => expired.push(key.scope.to_vec()),
            None => {}
        }
        let row = IdempotencyRow::new(key, made);
        // A second call with the same key, in the same commit, finds the first.
        known.insert(row.scope.clone(), row.clone());
        fresh.push(row);
        outcomes.push(Recorded::New);
    }
    if !expired.is_empty() {
        let expired = idempotency_keys::table.filter(idempotency_keys::scope.eq_any(expired));
        diesel::delete(expired).execute(conn)?;
    }
    // The same order everywhere prevents deadlocks between servers.
    fresh.sort_by(|a, b| a.scope.cmp(&b.scope));
    let fresh = fresh.into_iter().map(|row| (row.ids.len() + REST, row));
    chunks::by_size(fresh, |rows| {
        with_each!(conn, conn => diesel::insert_into(idempotency_keys::table).values(rows).execute(conn)?);
        Ok(())
    })?;
    Ok(outcomes)
}

impl IdempotencyRow {
    fn new(key: &IdempotencyKey, made: &FirstRequest) -> Self {
        Self {
            scope: key.scope.to_vec(),
            request: key.request.to_vec(),
            ids: made.ids.iter().flat_map(|id| id.into_bytes()).collect(),
            created_at: made.created_at,
            request_id: made.request_id.clone(),
            expires_at: key.expires_at,
        }
    }

    /// The outcome of a request whose key has this row.
    fn answer(self, key: &IdempotencyKey) -> Result<Recorded, Error> {
        if self.request != key.request {
            return Ok(Recorded::Mismatch);
        }
        Ok(Recorded::Before(self.into_first_request()?))
    }

    fn into_first_request(self) -> Result<FirstRequest, Error> {
        let ids = self
            .ids
            .chunks(16)
            .map(Uuid::from_slice)
            .collect::<Result<_, _>>();
        let ids = ids.map_err(|_| Error::Broken("the ids of an idempotency key are damaged".to_owned()))?;
        Ok(FirstRequest {
            ids,
            created_at: self.created_at,
            request_id: self.request_id,
        })
    }
}
