//! Rows of one statement.

use super::error::Error;

/// Rows of one statement: far from the values that any database takes in one.
const ROWS: usize = 500;

/// Bytes from which a statement takes no further row. With one row more it stays below the smallest `max_allowed_packet`
/// that a server may have.
const BYTES: usize = 512 << 10;

/// Hands `rows`, each with its size in bytes, to `insert` in chunks that one statement can hold.
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
