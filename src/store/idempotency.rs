//! Keys that let a caller repeat a request safely: what was made under each, for a day.
//!
//! Kept is not the answer but what it was made of (ids, time, request id): the repeated request brings the rest.

#[cfg(any(feature = "postgres", feature = "mysql"))]
use std::collections::HashMap;

use diesel::prelude::*;
use uuid::Uuid;

use super::backend::Conn;
#[cfg(any(feature = "postgres", feature = "mysql"))]
use super::chunks;
use super::error::Error;
use super::recorder::Recorded;
use super::schema::idempotency_keys;
use super::write::Tx;

/// A key as the store keeps it.
#[derive(Debug, Clone)]
pub struct Key {
    /// SHA-256 of user, project, route and the caller's key.
    pub scope: [u8; 32],
    /// SHA-256 of the request's body.
    pub request: [u8; 32],
    /// The id of the request that carries it.
    pub request_id: String,
    /// When it is forgotten, in microseconds since 1970.
    pub expires_at: i64,
}

/// What the first request of a key made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct First {
    /// The ids, in the order of the request.
    pub ids: Vec<Uuid>,
    /// Microseconds since 1970.
    pub created_at: i64,
    /// The id of that first request.
    pub request_id: String,
}

/// A row of the table.
#[derive(Clone, PartialEq, Insertable, Queryable)]
#[diesel(table_name = idempotency_keys)]
pub(super) struct Line {
    pub(super) scope: Vec<u8>,
    pub(super) request: Vec<u8>,
    pub(super) ids: Vec<u8>,
    pub(super) created_at: i64,
    pub(super) request_id: String,
    pub(super) expires_at: i64,
}

/// What a call with this key would be told at `now` (microseconds), without taking the key: [`Recorded::New`] where it is
/// free.
pub fn find(conn: &mut Conn, key: &Key, now: i64) -> Result<Recorded, Error> {
    match line(conn, key)? {
        Some(known) if known.expires_at > now => known.answer(key),
        _ => Ok(Recorded::New),
    }
}

fn line(conn: &mut Conn, key: &Key) -> Result<Option<Line>, Error> {
    let line = idempotency_keys::table.find(key.scope.as_slice());
    Ok(line.first(conn).optional()?)
}

/// Takes the key for `made`, unless it stands already.
#[cfg(feature = "sqlite")]
pub(super) fn claim(conn: &mut Conn, key: &Key, made: &First) -> Result<Recorded, Error> {
    match line(conn, key)? {
        Some(known) if known.expires_at > made.created_at => return known.answer(key),
        Some(_) => {
            diesel::delete(idempotency_keys::table.find(key.scope.as_slice())).execute(conn)?;
        }
        None => {}
    }
    let line = Line::new(key, made);
    diesel::insert_into(idempotency_keys::table)
        .values(line)
        .execute(conn)?;
    Ok(Recorded::New)
}

/// Bytes of a row beside its ids, roughly.
#[cfg(any(feature = "postgres", feature = "mysql"))]
const REST: usize = 512;

/// Takes many keys at once and gives what came of each, in order.
#[cfg(any(feature = "postgres", feature = "mysql"))]
pub(super) fn claim_all(conn: &mut Conn, claims: &[(&Key, First)]) -> Result<Vec<Recorded>, Error> {
    if claims.is_empty() {
        return Ok(Vec::new());
    }
    let scopes: Vec<&[u8]> = claims.iter().map(|(key, _)| key.scope.as_slice()).collect();
    let standing = idempotency_keys::table.filter(idempotency_keys::scope.eq_any(scopes));
    let known: Vec<Line> = standing.load(conn)?;
    let mut known: HashMap<Vec<u8>, Line> =
        known.into_iter().map(|line| (line.scope.clone(), line)).collect();
    let (mut outcomes, mut fresh, mut expired) = (Vec::with_capacity(claims.len()), Vec::new(), Vec::new());
    for (key, made) in claims {
        match known.get(key.scope.as_slice()) {
            Some(line) if line.expires_at > made.created_at => {
                outcomes.push(line.clone().answer(key)?);
                continue;
            }
            Some(_) => expired.push(key.scope.to_vec()),
            None => {}
        }
        let line = Line::new(key, made);
        // A second call with the same key, in the same commit, finds the first.
        known.insert(line.scope.clone(), line.clone());
        fresh.push(line);
        outcomes.push(Recorded::New);
    }
    if !expired.is_empty() {
        let expired = idempotency_keys::table.filter(idempotency_keys::scope.eq_any(expired));
        diesel::delete(expired).execute(conn)?;
    }
    // In one order everywhere, so that two servers wait for each other in no circle.
    fresh.sort_by(|a, b| a.scope.cmp(&b.scope));
    let fresh = fresh.into_iter().map(|line| (line.ids.len() + REST, line));
    chunks::by_size(fresh, |lines| conn.insert_keys(&lines))?;
    Ok(outcomes)
}

/// Keys that one statement deletes: SQLite takes 32766 variables in one, and a purge may have larger batches.
const MOST_VARIABLES: usize = 10_000;

/// Deletes up to `limit` keys that expired before `before` (microseconds) and gives their number.
pub fn delete_expired(tx: &mut Tx<'_>, before: i64, limit: i64) -> Result<usize, Error> {
    let expired: Vec<Vec<u8>> = idempotency_keys::table
        .select(idempotency_keys::scope)
        .filter(idempotency_keys::expires_at.lt(before))
        .order(idempotency_keys::expires_at)
        .limit(limit)
        .load(tx.conn())?;
    let mut deleted = 0;
    for scopes in expired.chunks(MOST_VARIABLES) {
        let part = idempotency_keys::table.filter(idempotency_keys::scope.eq_any(scopes.to_vec()));
        deleted += diesel::delete(part).execute(tx.conn())?;
    }
    Ok(deleted)
}

impl Line {
    fn new(key: &Key, made: &First) -> Self {
        Self {
            scope: key.scope.to_vec(),
            request: key.request.to_vec(),
            ids: made.ids.iter().flat_map(|id| id.into_bytes()).collect(),
            created_at: made.created_at,
            request_id: made.request_id.clone(),
            expires_at: key.expires_at,
        }
    }

    /// What a call with this key is told, of which this line is left.
    fn answer(self, key: &Key) -> Result<Recorded, Error> {
        if self.request != key.request {
            return Ok(Recorded::Mismatch);
        }
        Ok(Recorded::Before(self.into_first()?))
    }

    fn into_first(self) -> Result<First, Error> {
        let ids = self
            .ids
            .chunks(16)
            .map(Uuid::from_slice)
            .collect::<Result<_, _>>();
        let ids = ids.map_err(|_| Error::Broken("the ids of an idempotency key are damaged".to_owned()))?;
        Ok(First {
            ids,
            created_at: self.created_at,
            request_id: self.request_id,
        })
    }
}
