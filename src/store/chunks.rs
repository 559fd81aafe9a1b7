//! Rows of one statement.

use super::error::Error;

/// Rows of one statement: far from the values that any database takes in one.
const ROWS: usize = 500;

/// A statement that has reached so many bytes takes no further row, which keeps it below the smallest `max_allowed_packet`
/// that the store accepts.
const BYTES: usize = 512 << 10;

/// Calls `insert` with chunks of `rows`, each row given with its size in bytes.
pub(super) fn by_size<T>(
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
