//! What the writer is given to do.

#[cfg(feature = "sqlite")]
use super::activity::Activity;
#[cfg(feature = "sqlite")]
use super::log_restart::LogRestart;
use super::recorder::Recording;
use super::threads::Queued;
use super::work::Work;
#[cfg(feature = "sqlite")]
use crate::store::error::Error;

/// Something to write.
pub(in crate::store) enum Job {
    /// Messages and events: those of many callers go together.
    Record(Box<Recording>),
    /// A closure.
    Write(Box<dyn Work>),
    /// A restart of the log, between two transactions.
    #[cfg(feature = "sqlite")]
    RestartLog(LogRestart),
}

impl Queued for Job {}

impl Job {
    /// About how many rows it writes.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::Record(recording) => recording.size(),
            _ => 1,
        }
    }

    /// Answers the caller, after the commit or when there will be none.
    #[cfg(feature = "sqlite")]
    pub(super) fn finish(self, committed: Result<(), Error>, activity: &Activity) {
        match self {
            Self::Record(recording) => recording.finish(committed, activity),
            Self::Write(work) => work.finish(committed, activity),
            Self::RestartLog(_) => {}
        }
    }
}
