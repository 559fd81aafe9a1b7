//! Statements with many rows, in chunks.

use crate::store::error::Error;

/// The most rows of one statement: far fewer values than any database accepts.
const ROWS: usize = 500;

/// A statement that has reached this size takes no further row, which keeps it below the smallest `max_allowed_packet` that
/// the store accepts.
const BYTES: usize = 512 << 10;

/// Calls `insert` with chunks of `rows`, which come with their sizes in bytes.
pub(in crate::store) fn by_size<T>(
    mut rows: impl Iterator<Item = (usize, T)>,
    mut insert: impl FnMut(Vec<T>) -> Result<(), Error>,
) -> Result<(), Error> {
    loop {
        let (mut chunk, mut bytes) = (Vec::new(), 0);
        while chunk.len() < ROWS
            && bytes < BYTES
            && let Some((size, row)) = rows.next()
        {
            bytes += size;
            chunk.push(row);
        }
        if chunk.is_empty() {
            return Ok(());
        }
        insert(chunk)?;
    }
}
