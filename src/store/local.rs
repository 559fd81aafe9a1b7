//! What the threads of an embedded database share.

use std::sync::Arc;

use super::backend::Backend;
use super::error::Error;
use super::files::Files;
use super::turns::Turns;

pub(super) struct Local {
    /// Whose turn it is to write.
    pub(super) turns: Turns,
    /// The files that all of them have open.
    pub(super) files: Files,
}

impl Local {
    /// Takes down the files of the database, which a connection holds open; none for a server's.
    pub(super) fn of(backend: &Backend) -> Result<Option<Arc<Self>>, Error> {
        let Backend::Sqlite { path, .. } = backend else {
            return Ok(None);
        };
        Ok(Some(Arc::new(Self {
            turns: Turns::default(),
            files: Files::of(path)?,
        })))
    }
}
