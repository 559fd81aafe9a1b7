//! What a reader's thread is given to do.

use std::sync::Arc;

use super::backend::Conn;
use super::error::Error;
use super::threads::Threads;

/// Something to read.
pub(super) trait Job: Send {
    /// Whether somebody still waits for the answer.
    fn is_wanted(&self) -> bool;

    /// Answers that it will not run.
    fn refuse(self: Box<Self>, error: Error);

    /// Reads, answers, and gives whether the connection is still good.
    fn run(self: Box<Self>, conn: Result<&mut Conn, Error>) -> bool;
}

/// The threads that read, and their queue.
pub(super) type Pool = Arc<Threads<Box<dyn Job>>>;
