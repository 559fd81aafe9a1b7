//! What a reader thread is given to do.

use std::sync::Arc;

use super::threads::{Queued, Reservation, Threads};
use crate::store::connection::Conn;
use crate::store::error::Error;

/// Something to read.
pub(super) trait Reading: Send {
    /// Whether the caller still waits for the answer.
    fn is_wanted(&self) -> bool;

    /// Answers that it will not run.
    fn refuse(&mut self, error: Error);

    /// Reads and answers. `is_last` says that it will not run again.
    fn run(&mut self, conn: Result<&mut Conn, Error>, is_last: bool) -> Ran;

    /// As [`Queued::reservation`].
    fn reservation(&self) -> Option<Arc<dyn Reservation>> {
        None
    }
}

/// How a read ended.
pub(super) enum Ran {
    /// It was answered.
    Answered,
    /// It was answered, and its connection may be in any state.
    Spoilt,
    /// It failed temporarily, was not answered, and is to run again.
    Failed(Error),
}

impl Queued for Box<dyn Reading> {
    fn reservation(&self) -> Option<Arc<dyn Reservation>> {
        (**self).reservation()
    }
}

/// The reader threads and their queue.
pub(super) type Pool = Arc<Threads<Box<dyn Reading>>>;
