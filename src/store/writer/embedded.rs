//! Group commit on SQLite: everything that waits is one transaction.
//!
//! On any error that is not a caller's own, the whole is rolled back and each caller's part is tried again alone, so
//! that one cannot harm another.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use super::Job;
use crate::store::activity::Activity;
use crate::store::backend::{Backend, Conn, Purpose};
use crate::store::error::Error;
use crate::store::local::Local;
use crate::store::settings::Settings;
use crate::telemetry::{Metrics, Seldom};

pub(super) struct Embedded {
    conn: Conn,
    backend: Backend,
    metrics: Metrics,
    activity: Activity,
    local: Arc<Local>,
    refusals: Seldom,
}

impl Embedded {
    pub(super) fn open(
        settings: &Settings,
        metrics: &Metrics,
        activity: &Activity,
        local: &Arc<Local>,
    ) -> Result<Self, Error> {
        Ok(Self {
            conn: settings.backend.connect(Purpose::Write)?,
            backend: settings.backend.clone(),
            metrics: metrics.clone(),
            activity: activity.clone(),
            local: Arc::clone(local),
            refusals: Seldom::default(),
        })
    }

    pub(super) fn commit(&mut self, mut jobs: Vec<Job>, size: usize) {
        let started = Instant::now();
        match self.attempt(&mut jobs) {
            Ok(()) => {
                self.metrics.writer.batch_size.observe_size(size);
                self.metrics
                    .writer
                    .commit_duration
                    .observe_duration(started.elapsed());
                for job in jobs {
                    job.finish(Ok(()), &self.activity);
                }
            }
            // A full disk, a lock or a damaged file is no caller's fault: trying each alone would only take longer.
            Err(error @ (Error::Unavailable(_) | Error::Damaged(_))) => {
                if let Some(held_back) = self.refusals.due() {
                    tracing::error!(waiting = jobs.len(), %error, held_back, "a commit failed");
                }
                for job in jobs {
                    job.finish(Err(error.clone()), &self.activity);
                }
            }
            Err(error) if jobs.len() == 1 => {
                tracing::error!(%error, "a transaction failed");
                for job in jobs {
                    job.finish(Err(error.clone()), &self.activity);
                }
            }
            Err(error) => {
                tracing::warn!(jobs = jobs.len(), %error, "a shared transaction failed; its parts are tried alone");
                for job in jobs {
                    self.commit(vec![job], 1);
                }
            }
        }
    }

    /// One transaction, which counts only if its files are still those that everybody else opens.
    fn attempt(&mut self, jobs: &mut [Job]) -> Result<(), Error> {
        self.local.files.standing()?;
        // A reset that failed the last time, for want of a file descriptor perhaps, is made up for.
        self.conn.reset(&self.backend)?;
        self.conn.begin_write(self.backend.patience())?;
        // A bug in one transaction must not take the thread from all later ones; whatever it left is undone below.
        let worked = catch_unwind(AssertUnwindSafe(|| {
            jobs.iter_mut()
                .try_for_each(|job| match job {
                    Job::Record(recording) => recording.run(&mut self.conn),
                    Job::Write(work) => work.run_beside_others(&mut self.conn),
                })
                .and_then(|()| self.conn.commit())
        }));
        let done = worked.unwrap_or_else(|_| Err(Error::Broken("a transaction panicked".to_owned())));
        if done.is_err() {
            self.conn.reset(&self.backend)?;
        }
        done.and_then(|()| self.local.files.check())
    }
}
