//! Why a step failed.

use crate::store::{self, follow::Held};

/// Why a step failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// The service's database.
    #[error("{0}")]
    Foreign(store::Error),
    /// The store.
    #[error("messages cannot be recorded: {0}")]
    Store(store::Error),
    /// Another process has the lease.
    #[error(transparent)]
    Held(#[from] Held),
}
