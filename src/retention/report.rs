//! The result of a purge.

use std::time::Duration;

use crate::store;

/// The result of a purge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PurgeReport {
    /// Messages deleted, or to be deleted.
    pub messages: u64,
    /// Idempotency keys deleted.
    pub keys: u64,
    /// Audited events deleted.
    pub events: u64,
    /// Undelivered events dropped after twice their maximum age, mostly for a driver that no server has any more.
    pub undelivered: u64,
    /// Deliveries of listeners deleted, each with its attempts.
    pub deliveries: u64,
    /// Failure notifications deleted, each with its history.
    pub failures: u64,
    /// Records of notifications and followed rows deleted: the keys of recorded ones, and the owners of resources.
    pub notifications: u64,
    /// Old numbers deleted: of recorded messages, and of notifications that make none.
    pub statistics: u64,
    /// Browser sessions deleted.
    pub sessions: u64,
    /// Confirmations of e-mail addresses deleted that were not given in time, or refused long ago.
    pub confirmations: u64,
    /// Read marks and late arrivals deleted.
    pub read_marks: u64,
    /// Expired messages left.
    pub left: u64,
    /// How long it took.
    pub elapsed: Duration,
    /// Whether it was stopped early.
    pub is_interrupted: bool,
}

/// Why a purge did not finish.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another purge is running.
    #[error("a purge is already running: {0}")]
    Held(String),
    /// The store failed; what was deleted before stays deleted.
    #[error(transparent)]
    Store(#[from] store::Error),
}
