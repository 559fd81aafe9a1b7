//! The part of a checkpoint that no commit may interrupt: the writer does it between two transactions.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender};

use crate::store::connection::Conn;
use crate::store::dialect::sqlite_log;
use crate::store::error::Error;

/// Lets SQLite's write-ahead log start over.
pub(in crate::store) struct LogRestart {
    /// Whether the log's file is truncated as well.
    truncate: bool,
    /// How long readers may hold it up.
    patience: Duration,
    reply: Sender<Result<bool, Error>>,
}

impl LogRestart {
    /// A restart, and where its result arrives: whether the log starts over.
    pub(super) fn new(truncate: bool, patience: Duration) -> (Self, Receiver<Result<bool, Error>>) {
        let (reply, receiver) = crossbeam_channel::bounded(1);
        let restart = Self {
            truncate,
            patience,
            reply,
        };
        (restart, receiver)
    }

    pub(super) fn run(self, conn: &mut Conn) {
        // A panic must not end the writer.
        let done = catch_unwind(AssertUnwindSafe(|| match conn {
            Conn::Sqlite(conn) => sqlite_log::start_over(conn, self.truncate, self.patience),
            #[cfg(any(feature = "postgres", feature = "mysql"))]
            _ => Ok(false),
        }));
        let done = done.unwrap_or_else(|_| Err(Error::Broken("the restart of the log panicked".to_owned())));
        // The checkpointer may have stopped.
        let _ = self.reply.send(done);
    }
}
