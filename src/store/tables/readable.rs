//! Rows that cannot be read, as of a newer program.

use crate::store::error::Error;

/// Those that can be read: one that cannot must not hold up the others.
pub(super) fn readable<T>(all: impl Iterator<Item = Result<T, Error>>) -> Vec<T> {
    let readable = all.filter_map(|one| {
        one.inspect_err(|error| tracing::error!(%error, "a row cannot be read"))
            .ok()
    });
    readable.collect()
}
