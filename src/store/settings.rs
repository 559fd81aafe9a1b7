//! How a store is opened.

use std::time::Duration;

use super::backend::Backend;
use super::read::Limits;
use crate::config;

/// How a store is opened.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Which database.
    pub backend: Backend,
    /// Threads that read.
    pub readers: usize,
    /// Threads that write.
    pub writers: usize,
    /// Messages that one commit takes at most, unless a single caller brings more.
    pub max_batch: usize,
    /// Callers that may wait for the writer; the next one is told that the store is busy.
    pub max_queue: usize,
    /// Size in bytes from which the write-ahead log is moved into the database even if that makes writers wait longer.
    pub wal_limit: u64,
    /// How long a caller waits at most for a database server, which may hang without closing its connections; a write
    /// that was begun by then may be done all the same, one that was not is dropped. Closing the store takes no longer, either.
    pub deadline: Duration,
    /// The age from which a connection to a server is made anew.
    pub connection_life: Duration,
    /// What one read may spend.
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

    /// None where there is nobody to wait for.
    pub(super) fn deadline(&self) -> Option<Duration> {
        (!self.backend.is_embedded()).then_some(self.deadline)
    }
}

/// Longer than any statement should take, shorter than callers wait.
const DEADLINE: Duration = Duration::from_secs(15);
