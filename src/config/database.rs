//! `[database]`.

use std::num::NonZeroUsize;
use std::thread::available_parallelism;
use std::time::Duration;

use super::connection::{Backend, Connection};
use super::reader::OptionReader;

/// `[database]`: the store's database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Database {
    /// The database.
    pub connection: Connection,
    /// Threads that read, each with a connection; 0 for as many as suit the machine. See [`Database::readers`].
    pub max_pool_size: usize,
    /// Threads that write, each with a connection; 0 for as many as suit the database. See [`Database::writers`].
    pub max_writers: usize,
    /// The age at which a connection to a database server is replaced.
    pub connection_recycle_time: Duration,
    /// How long to wait for a lock that another process holds.
    pub busy_timeout: Duration,
    /// The most rows in one commit.
    pub max_batch: usize,
    /// The most callers waiting to write, and to read; more are asked to retry.
    pub max_queue: usize,
    /// The size of the write-ahead log, in bytes, above which writers wait for a checkpoint.
    pub wal_limit: u64,
}

impl Default for Database {
    fn default() -> Self {
        Self {
            connection: Connection::default(),
            max_pool_size: 0,
            max_writers: 0,
            connection_recycle_time: Duration::from_secs(3600),
            busy_timeout: Duration::from_secs(5),
            max_batch: 512,
            max_queue: 4096,
            wal_limit: 320 << 20,
        }
    }
}

impl Database {
    /// Returns the number of reader threads: `max_pool_size`, but at least two, since one is kept free of long
    /// searches. If that is 0, one per core and at least three, or five with a server, whose readers mostly wait.
    pub fn readers(&self) -> usize {
        if self.max_pool_size > 0 {
            return self.max_pool_size.max(2);
        }
        let least = if self.is_embedded() { 3 } else { 5 };
        available_parallelism().map_or(1, NonZeroUsize::get).max(least)
    }

    /// Returns the number of writer threads. SQLite allows one writer at a time, so there it is always one.
    pub fn writers(&self) -> usize {
        match self.max_writers {
            _ if self.is_embedded() => 1,
            0 => 2,
            count => count,
        }
    }

    fn is_embedded(&self) -> bool {
        matches!(self.connection.backend(), Backend::Sqlite(_))
    }

    pub(super) fn read(reader: &mut OptionReader) -> Self {
        let default = Self::default();
        let mut section = reader.section("database");
        let hour = Duration::from_secs(3600);
        let year = hour * 24 * 365;
        Self {
            connection: section.get("connection", default.connection),
            max_pool_size: section.within("max_pool_size", default.max_pool_size, &(0..=1024)),
            max_writers: section.within("max_writers", default.max_writers, &(0..=64)),
            connection_recycle_time: section.within(
                "connection_recycle_time",
                default.connection_recycle_time,
                &(Duration::from_secs(1)..=year),
            ),
            busy_timeout: section.within("busy_timeout", default.busy_timeout, &(Duration::ZERO..=hour)),
            max_batch: section.within("max_batch", default.max_batch, &(1..=10_000)),
            max_queue: section.within("max_queue", default.max_queue, &(1..=1_000_000)),
            wal_limit: section.within("wal_limit", default.wal_limit, &(1 << 20..=1 << 40)),
        }
    }
}
