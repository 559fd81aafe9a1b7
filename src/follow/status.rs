//! What the log and the metrics say about a followed table.

use super::failure::Failure;
use crate::store::follow::FollowOutcome;
use crate::telemetry::{FollowedMetrics, LogThrottle};

/// What the log and the metrics say about a followed table.
pub(super) struct Status {
    service: &'static str,
    /// Without a password.
    database: String,
    metrics: FollowedMetrics,
    log: LogThrottle,
    told: Told,
}

/// What the log has said last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    Nothing,
    Follows,
    Failed,
    Held,
}

impl Status {
    /// Nothing has been said yet.
    pub(super) fn new(service: &'static str, database: String, metrics: FollowedMetrics) -> Self {
        Self {
            service,
            database,
            metrics,
            log: LogThrottle::default(),
            told: Told::Nothing,
        }
    }

    /// The table is followed.
    pub(super) fn follows(&mut self) {
        self.metrics.active.set(1);
        if self.told != Told::Follows {
            let (service, database) = (self.service, &*self.database);
            tracing::info!(service, database, "following the table of messages");
            (self.told, self.log) = (Told::Follows, LogThrottle::default());
        }
    }

    /// A step failed. Logged once a minute; that another process follows the table, once.
    pub(super) fn failed(&mut self, failure: &Failure) {
        self.metrics.active.set(0);
        let service = self.service;
        if let Failure::Held(holder) = failure {
            if self.told != Told::Held && self.log.due().is_some() {
                tracing::info!(service, %holder, "another process follows the table of messages");
                self.told = Told::Held;
            }
            return;
        }
        self.told = Told::Failed;
        self.warn(failure, "the table of messages cannot be followed; retrying");
    }

    /// A page of the walk failed. Looks continue.
    pub(super) fn walk_failed(&mut self, failure: &Failure) {
        self.warn(
            failure,
            "the walk through the table of messages is interrupted; retrying",
        );
    }

    /// Looks take too long. They are left to the walk for a while.
    pub(super) fn looks_are_slow(&mut self) {
        if let Some(held_back) = self.log.due() {
            let (service, database) = (self.service, &*self.database);
            tracing::warn!(
                service,
                database,
                held_back,
                "looks for new rows take too long: the table needs an index on expires_at"
            );
        }
    }

    /// Rows made no message.
    pub(super) fn refused(&self, rows: u64) {
        self.metrics.refused.inc_by(rows);
    }

    /// Rows were recorded, the newest of them so many seconds after its creation.
    pub(super) fn recorded(&self, outcome: FollowOutcome, lag: Option<i64>) {
        self.metrics.recorded.inc_by(outcome.recorded);
        self.metrics.paired.inc_by(outcome.paired);
        self.metrics.deleted.inc_by(outcome.deleted);
        if let Some(lag) = lag.filter(|_| outcome.recorded + outcome.paired > 0) {
            self.metrics.lag.set(lag.max(0));
        }
    }

    /// The follower ends.
    pub(super) fn ended(&self) {
        self.metrics.active.set(0);
    }

    fn warn(&mut self, error: &Failure, what: &str) {
        self.metrics.errors.inc();
        if let Some(held_back) = self.log.due() {
            let (service, database) = (self.service, &*self.database);
            tracing::error!(service, database, %error, held_back, "{what}");
        }
    }
}
