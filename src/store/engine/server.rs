//! Writing to a database server.
//!
//! The messages of all waiting callers are one transaction. A closure has one of its own, since a savepoint costs as much
//! as a commit there, unless its caller says that it may share one. What fails temporarily (a deadlock, a conflict with another node of a cluster, a lost connection) is run
//! again, a few times, after a short random rest.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::activity::Activity;
use super::job::Job;
use super::recorder::{self, Recording};
use super::routes::Routes;
use super::session::{ATTEMPTS, Session, rest};
use super::work::Work;
use crate::store::connection::{Conn, Purpose};
use crate::store::error::Error;
use crate::store::settings::Settings;
use crate::telemetry::{LogThrottle, Metrics};

pub(super) struct Server {
    session: Session,
    metrics: Metrics,
    activity: Activity,
    refusals: LogThrottle,
    deadline: Duration,
}

/// How a transaction failed.
struct Failure {
    error: Error,
    /// Whether it may have been committed: the connection was lost meanwhile.
    is_doubtful: bool,
    /// Whether there was no connection to begin with.
    is_unreached: bool,
}

impl Failure {
    /// The error of closures that must not run again, as they may have been committed.
    fn unless_retryable(self) -> Option<Error> {
        match self.error {
            Error::Unavailable(text) | Error::Broken(text) if self.is_doubtful => Some(unknown(&text)),
            _ => None,
        }
    }
}

fn unknown(text: &str) -> Error {
    Error::Unavailable(format!("it is unknown whether the write was committed: {text}"))
}

impl Server {
    pub(super) fn open(
        settings: &Settings,
        metrics: &Metrics,
        activity: &Activity,
        routes: &Arc<Routes>,
    ) -> Result<Self, Error> {
        Ok(Self {
            session: Session::open(&settings.backend, Purpose::Write, routes)?,
            metrics: metrics.clone(),
            activity: activity.clone(),
            refusals: LogThrottle::default(),
            deadline: settings.deadline,
        })
    }

    /// Uses the idle connection. If its server accepts writes no more, a new connection may lead to one that does, and reads
    /// should follow even if this process never writes.
    pub(super) fn keep(&mut self) {
        let mut only_reads = self.only_reads();
        if only_reads == Ok(true) {
            self.session.discard();
            only_reads = self.only_reads();
        }
        // A failure is logged.
        if only_reads == Ok(false) {
            self.session.settle();
        }
    }

    fn only_reads(&mut self) -> Result<bool, Error> {
        self.session.conn()?.only_reads()
    }

    /// Drops what waited so long that its caller was answered with a failure and has probably sent it again.
    pub(super) fn commit(&mut self, jobs: Vec<Job>, size: usize) {
        let started = Instant::now();
        let submitted = jobs.len();
        let (mut recordings, mut sharing, mut others) =
            (Vec::with_capacity(jobs.len()), Vec::new(), Vec::new());
        for job in jobs {
            match job {
                Job::Record(recording) if recording.is_given_up(self.deadline) => {}
                Job::Write(work) if work.is_given_up(self.deadline) => {}
                Job::Record(recording) => recordings.push(*recording),
                Job::Write(work) if work.place().is_some() => sharing.push(work),
                Job::Write(work) => others.push(work),
                #[cfg(feature = "sqlite")]
                Job::RestartLog(_) => {}
            }
        }
        let late = submitted - recordings.len() - sharing.len() - others.len();
        if late > 0 {
            tracing::warn!(callers = late, "writes that waited too long are dropped");
        }
        if late == submitted {
            return;
        }
        if !recordings.is_empty() {
            self.record(recordings, false);
        }
        self.write_together(sharing);
        for work in others {
            self.write(work);
        }
        self.metrics.writer.batch_size.observe_size(size);
        self.metrics
            .writer
            .commit_duration
            .observe_duration(started.elapsed());
    }

    /// Commits recordings together, or each alone if one of them is at fault. If an earlier attempt may have committed
    /// (`is_doubtful`), its rows are looked up by their ids.
    fn record(&mut self, mut recordings: Vec<Recording>, mut is_doubtful: bool) {
        match self.try_record(&mut recordings, &mut is_doubtful) {
            Ok(()) => recordings
                .into_iter()
                .for_each(|recording| recording.finish(Ok(()), &self.activity)),
            Err(error @ (Error::Conflict(_) | Error::Broken(_))) if recordings.len() > 1 => {
                tracing::warn!(callers = recordings.len(), %error, "messages are recorded one caller at a time");
                for recording in recordings {
                    self.record(vec![recording], is_doubtful);
                }
            }
            Err(error) => {
                self.log(recordings.len(), &error);
                for recording in recordings {
                    recording.finish(Err(error.clone()), &self.activity);
                }
            }
        }
    }

    fn try_record(&mut self, recordings: &mut [Recording], is_doubtful: &mut bool) -> Result<(), Error> {
        let has_key = recordings.iter().any(Recording::has_key);
        let is_plain = recordings.iter().all(Recording::is_plain);
        let is_alone = recordings.len() == 1;
        let mut has_met_conflict = false;
        let mut attempt = 0;
        loop {
            attempt += 1;
            let may_exist = *is_doubtful;
            let horizon = self.activity.horizon();
            let is_late = recordings.iter().any(|recording| recording.is_late(horizon));
            let done = self.transaction(!is_plain || may_exist || is_late, |conn| {
                recorder::record_all(conn, recordings, may_exist, is_late)
            });
            let Err(failure) = done else { return Ok(()) };
            *is_doubtful |= failure.is_doubtful;
            let is_retryable = match failure.error {
                Error::Busy(_) | Error::Unavailable(_) => !failure.is_unreached,
                // The doubtful commit has just succeeded, or another server took the same key: the next attempt sees it. A
                // second conflict means that the caller's own id exists already.
                Error::Conflict(_) if may_exist || (has_key && is_alone) => {
                    !std::mem::replace(&mut has_met_conflict, true)
                }
                _ => false,
            };
            let deadline = self.deadline;
            let is_awaited = recordings
                .iter()
                .any(|recording| !recording.is_given_up(deadline));
            if !is_retryable || !is_awaited || attempt >= ATTEMPTS {
                return Err(failure.error);
            }
            rest("transaction", attempt, &failure.error);
        }
    }

    /// Runs closures in one transaction, in the order of their places: of two transactions that lock the same rows in the same
    /// order, one waits for the other, and neither is a victim. If one of them fails, each runs alone.
    fn write_together(&mut self, mut works: Vec<Box<dyn Work>>) {
        works.sort_by(|one, other| one.place().cmp(&other.place()));
        let done = if works.len() > 1 {
            self.transaction(true, |conn| {
                works.iter_mut().try_for_each(|work| work.run_alone(conn))
            })
            .map_err(Failure::unless_retryable)
        } else {
            Err(None)
        };
        if let Err(Some(error)) = &done {
            self.log(works.len(), error);
        }
        for work in works {
            match &done {
                Ok(()) => work.finish(Ok(()), &self.activity),
                // A row that stays locked must not hold up the writer once for each of many callers.
                Err(None) if work.is_given_up(self.deadline) => {}
                Err(Some(error)) => work.finish(Err(error.clone()), &self.activity),
                Err(None) => self.write(work),
            }
        }
    }

    fn write(&mut self, mut work: Box<dyn Work>) {
        let done = self.try_write(work.as_mut());
        if let Err(error) = &done {
            self.log(1, error);
        }
        work.finish(done, &self.activity);
    }

    /// Logs what is no caller's own fault, and an outage only now and then.
    fn log(&mut self, callers: usize, error: &Error) {
        match error {
            // Only reads are given up.
            Error::Conflict(_) | Error::NotFound | Error::Exhausted(_) => {}
            Error::Broken(_) | Error::Damaged(_) => tracing::error!(callers, %error, "a transaction failed"),
            Error::Unavailable(_) | Error::Busy(_) => {
                if let Some(held_back) = self.refusals.due() {
                    tracing::error!(callers, %error, held_back, "a transaction failed");
                }
            }
        }
    }

    fn try_write(&mut self, work: &mut dyn Work) -> Result<(), Error> {
        let mut has_met_conflict = false;
        let mut attempt = 0;
        loop {
            attempt += 1;
            let Err(failure) = self.transaction(true, |conn| work.run_alone(conn)) else {
                return Ok(());
            };
            let is_retryable = match &failure.error {
                // If it was committed, a second run would find the rows of the first.
                Error::Unavailable(text) if failure.is_doubtful => return Err(unknown(text)),
                Error::Busy(_) | Error::Unavailable(_) => !failure.is_unreached,
                // Of two that inserted the same row at once, the second finds it next time.
                Error::Conflict(_) if self.session.has_failed() => {
                    !std::mem::replace(&mut has_met_conflict, true)
                }
                _ => false,
            };
            if !is_retryable || work.is_given_up(self.deadline) || attempt >= ATTEMPTS {
                return Err(failure.error);
            }
            rest("transaction", attempt, &failure.error);
        }
    }

    /// One attempt. Nothing is committed after a statement has failed, whatever `work` returns: PostgreSQL would answer COMMIT
    /// with a rollback that looks like success, and on MariaDB a deadlock has undone the statements before. A single statement
    /// needs no transaction if the database commits it by itself.
    fn transaction(
        &mut self,
        has_many: bool,
        work: impl FnOnce(&mut Conn) -> Result<(), Error>,
    ) -> Result<(), Failure> {
        let conn = match self.session.fresh_conn() {
            Ok(conn) => conn,
            Err(error) => {
                return Err(Failure {
                    error,
                    is_doubtful: false,
                    is_unreached: true,
                });
            }
        };
        let is_single = !has_many && conn.commits_by_itself();
        let begun = if is_single {
            Ok(())
        } else {
            conn.begin_write(Duration::ZERO)
        };
        // A panic must not end the thread.
        let worked = catch_unwind(AssertUnwindSafe(|| begun.and_then(|()| work(conn))));
        let has_panicked = worked.is_err();
        let done = worked.unwrap_or_else(|_| Err(Error::Broken("a transaction panicked".to_owned())));
        let done = match done {
            Ok(()) if !is_single && self.session.has_failed() => Err(Error::Busy(
                "a statement of the transaction had failed".to_owned(),
            )),
            other => other,
        };
        if let Err(error) = done {
            let is_lost = matches!(error, Error::Unavailable(_));
            match () {
                // diesel does not always know that a connection is lost; a new one is cheap.
                () if is_lost || has_panicked => self.session.discard(),
                () if is_single => {}
                () => self.session.rollback(),
            }
            return Err(Failure {
                error,
                is_doubtful: is_lost && is_single,
                is_unreached: false,
            });
        }
        let committed = if is_single { Ok(()) } else { self.session.commit() };
        match committed {
            Ok(()) => {
                self.session.settle();
                Ok(())
            }
            Err(error) => {
                let is_doubtful = matches!(error, Error::Unavailable(_) | Error::Broken(_));
                match error {
                    // The server has rolled back, and the connection remains usable.
                    Error::Busy(_) | Error::Conflict(_) => self.session.rollback(),
                    _ => self.session.discard(),
                }
                Err(Failure {
                    error,
                    is_doubtful,
                    is_unreached: false,
                })
            }
        }
    }
}
