//! Ids and positions as the databases keep them.

use uuid::Uuid;

use crate::message::Position;
use crate::store::error::Error;

/// The most ids or rows of one statement: far fewer values than any database accepts.
pub(super) const CHUNK: usize = 500;

pub(super) fn uuid(bytes: &[u8]) -> Result<Uuid, Error> {
    Uuid::from_slice(bytes).map_err(|_| Error::Broken("an id is not of 16 bytes".to_owned()))
}

pub(super) fn position((created_at, id): (i64, Vec<u8>)) -> Result<Position, Error> {
    let id = uuid(&id)?;
    Ok(Position { created_at, id })
}
