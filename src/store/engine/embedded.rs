//! Group commit on SQLite: everything that waits is one transaction.
//!
//! On any error other than a caller's own, everything is rolled back and each caller's part is tried again alone, so that
//! one cannot harm another.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use super::activity::Activity;
use super::files::Files;
use super::job::Job;
use super::log_restart::LogRestart;
use crate::store::backend::Backend;
use crate::store::connection::{Conn, Purpose};
use crate::store::error::Error;
use crate::store::settings::Settings;
use crate::telemetry::{LogThrottle, Metrics};

pub(super) struct Embedded {
    conn: Conn,
    backend: Backend,
    metrics: Metrics,
    activity: Activity,
    files: Arc<Files>,
    refusals: LogThrottle,
}

impl Embedded {
    pub(super) fn open(
        settings: &Settings,
        metrics: &Metrics,
        activity: &Activity,
        files: &Arc<Files>,
    ) -> Result<Self, Error> {
        Ok(Self {
            conn: settings.backend.connect(Purpose::Write)?,
            backend: settings.backend.clone(),
            metrics: metrics.clone(),
            activity: activity.clone(),
            files: Arc::clone(files),
            refusals: LogThrottle::default(),
        })
    }

    pub(super) fn restart_log(&mut self, restart: LogRestart) {
        restart.run(&mut self.conn);
    }

    pub(super) fn commit(&mut self, mut jobs: Vec<Job>, size: usize) {
        let started = Instant::now();
        let committed = self.attempt(&mut jobs);
        match &committed {
            Ok(()) => {
                let writer = &self.metrics.writer;
                writer.batch_size.observe_size(size);
                writer.commit_duration.observe_duration(started.elapsed());
            }
            // A full disk, a lock or a damaged file is no caller's fault: trying each alone would only take longer.
            Err(error @ (Error::Unavailable(_) | Error::Damaged(_))) => {
                if let Some(held_back) = self.refusals.due() {
                    tracing::error!(waiting = jobs.len(), %error, held_back, "a commit failed");
                }
            }
            Err(error) if jobs.len() == 1 => tracing::error!(%error, "a transaction failed"),
            Err(error) => {
                tracing::warn!(jobs = jobs.len(), %error, "a shared transaction failed; its parts are tried alone");
                for job in jobs {
                    self.commit(vec![job], 1);
                }
                return;
            }
        }
        for job in jobs {
            job.finish(committed.clone(), &self.activity);
        }
    }

    /// One transaction, which counts only if the database's files are still those that every new connection opens.
    fn attempt(&mut self, jobs: &mut [Job]) -> Result<(), Error> {
        self.files.intact()?;
        // A reset that failed last time, perhaps for want of a file descriptor, is made up for.
        self.backend.reset(&mut self.conn)?;
        self.conn.begin_write(self.backend.lock_timeout())?;
        // A panic must not end the thread; whatever the transaction left is undone below.
        let is_shared = jobs.len() > 1;
        let worked = catch_unwind(AssertUnwindSafe(|| {
            let mut version = None;
            jobs.iter_mut()
                .try_for_each(|job| match job {
                    Job::Record(recording) => {
                        recording.run(&mut self.conn, &mut version, self.activity.horizon())
                    }
                    // Its errors are rare, and a savepoint takes time.
                    Job::Write(work) if is_shared && work.place().is_some() => work.run_alone(&mut self.conn),
                    Job::Write(work) => work.run_beside_others(&mut self.conn),
                    Job::RestartLog(_) => Ok(()),
                })
                .and_then(|()| self.conn.commit())
        }));
        let done = worked.unwrap_or_else(|_| Err(Error::Broken("a transaction panicked".to_owned())));
        if done.is_err() {
            self.backend.reset(&mut self.conn)?;
        }
        done.and_then(|()| self.files.check())
    }
}
