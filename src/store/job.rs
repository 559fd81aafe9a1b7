//! What a reader's thread is given to do.

use std::sync::Arc;

use super::backend::Conn;
use super::error::Error;
use super::threads::{Held, Share, Threads};

/// Something to read.
pub(super) trait Job: Send {
    /// Whether somebody still waits for the answer.
    fn is_wanted(&self) -> bool;

    /// Answers that it will not run.
    fn refuse(&mut self, error: Error);

    /// Reads and answers. `is_last` says that it will not run again.
    fn run(&mut self, conn: Result<&mut Conn, Error>, is_last: bool) -> Ran;

    /// As [`Held::share`].
    fn share(&self) -> Option<Arc<dyn Share>> {
        None
    }
}

/// How a read ended.
pub(super) enum Ran {
    /// It was answered.
    Answered,
    /// It was answered, and its connection may be in any state.
    Spoilt,
    /// It failed for a reason that passes, was not answered, and is to run again.
    Failed(Error),
}

impl Held for Box<dyn Job> {
    fn share(&self) -> Option<Arc<dyn Share>> {
        (**self).share()
    }
}

/// The threads that read, and their queue.
pub(super) type Pool = Arc<Threads<Box<dyn Job>>>;
