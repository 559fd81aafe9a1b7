//! The settings of a store.

use std::time::Duration;

use super::backend::Backend;
use super::read::Limits;
use crate::config;

/// The settings of a store.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The database.
    pub backend: Backend,
    /// The number of reader threads.
    pub readers: usize,
    /// The number of writer threads.
    pub writers: usize,
    /// The most messages of one commit, unless a single caller submits more.
    pub max_batch: usize,
    /// The number of callers that may wait for the writer; further ones fail with [`Busy`](super::Error::Busy).
    pub max_queue: usize,
    /// The size in bytes from which the write-ahead log is moved into the database even if writers must wait longer.
    pub wal_limit: u64,
    /// The longest time that a caller waits for a database server, which may hang without closing its connections. A write that
    /// has begun by then may still be committed; one that has not is dropped. Closing the store takes no longer, either.
    pub deadline: Duration,
    /// The age from which a connection to a server is replaced.
    pub connection_life: Duration,
    /// The budget of one read.
    pub limits: Limits,
}

impl Settings {
    /// What the configuration says.
    pub fn from_config(config: &config::Database) -> Self {
        Self {
            backend: Backend::from_config(config),
            readers: config.readers(),
            writers: config.writers(),
            max_batch: config.max_batch,
            max_queue: config.max_queue,
            wal_limit: config.wal_limit,
            deadline: DEADLINE,
            connection_life: config.connection_recycle_time,
            limits: Limits::default(),
        }
    }

    /// None for an embedded database.
    pub(super) fn deadline(&self) -> Option<Duration> {
        (!self.backend.is_embedded()).then_some(self.deadline)
    }
}

/// Longer than any statement should take, shorter than callers wait.
const DEADLINE: Duration = Duration::from_secs(15);
