//! Replays notifications from a file, as a dry run or into the store.

use serde_json::value::RawValue;

use super::gather::{Gathering, ProcessedNotification, Tally};
use super::plan::Planner;
use crate::bus::{self, Notification};
use crate::event::Reporter;
use crate::store::ingest::IngestState;
use crate::store::{Error, Store};

/// The content type of a line.
const JSON: Option<&str> = Some("application/json");

/// Decodes a line: a notification in either version, or an object that has one under `notification`.
///
/// # Errors
/// As for a listener.
pub fn line(text: &str) -> Result<Notification, bus::Malformed> {
    unwrapped(text, |body| bus::decode(JSON, None, body))
}

/// Passes the body of a line's notification to `read`.
fn unwrapped<T>(text: &str, read: impl FnOnce(&[u8]) -> T) -> T {
    #[derive(serde::Deserialize)]
    struct Kept<'a> {
        #[serde(borrow)]
        notification: &'a RawValue,
    }
    // Most lines have no such key and need no second parse.
    if !text.contains("\"notification\"") {
        return read(text.as_bytes());
    }
    if let Ok(kept) = serde_json::from_str::<Kept<'_>>(text) {
        return read(kept.notification.get().as_bytes());
    }
    let mended = bus::mended(text.as_bytes());
    let kept = mended
        .as_deref()
        .and_then(|text| serde_json::from_slice::<Kept<'_>>(text).ok());
    read(kept.map_or(text.as_bytes(), |kept| kept.notification.get().as_bytes()))
}

/// The target of a replay.
pub enum ReplayTarget {
    /// A dry run: owners learnt during the replay are forgotten at its end.
    Dry(IngestState),
    /// The store, with a reporter for its events.
    Store(Store, Reporter),
}

/// A replay in progress.
pub struct Replay {
    planner: Planner,
    target: ReplayTarget,
    tally: Tally,
}

impl Replay {
    /// Starts a replay.
    pub fn new(planner: Planner, target: ReplayTarget) -> Self {
        Self {
            planner,
            target,
            tally: Tally::default(),
        }
    }

    /// Decodes a line as [`line()`] does, skipping what has no effect anyway.
    ///
    /// # Errors
    /// As for a listener.
    pub fn read(&self, text: &str) -> Result<Notification, bus::Malformed> {
        unwrapped(text, |body| self.planner.read(JSON, None, body))
    }

    /// Starts to gather notifications at `now`, in microseconds since 1970.
    pub fn begin(&self, now: i64) -> Gathered {
        Gathered {
            gathering: Gathering::new(now),
            refused: Vec::new(),
        }
    }

    /// Adds a notification as if it had come through the exchange.
    pub fn add(&self, gathered: &mut Gathered, notification: &Notification, exchange: &str) {
        let index = gathered.gathering.received();
        let reason = gathered.gathering.add(&self.planner, notification, exchange);
        gathered.refused.extend(reason.map(|reason| (index, reason)));
    }

    /// Carries out the plans of what was gathered and returns the results.
    ///
    /// # Errors
    /// Any error of the database.
    pub async fn settle(&mut self, gathered: Gathered) -> Result<ReplayResult, Error> {
        let Gathered { gathering, refused } = gathered;
        let batch = gathering.batch();
        let outcomes = match &mut self.target {
            _ if gathering.is_empty() => Vec::new(),
            ReplayTarget::Dry(known) => known.settle(&batch).each,
            ReplayTarget::Store(store, reporter) => store.ingest(batch, reporter).await?,
        };
        self.tally += gathering.tally(&outcomes);
        let processed = gathering.processed(&outcomes);
        Ok(ReplayResult { refused, processed })
    }

    /// Processes notifications as if they had come through the exchange at `now`, in microseconds since 1970, and
    /// returns the results.
    ///
    /// # Errors
    /// Any error of the database.
    pub async fn take(
        &mut self,
        notifications: &[Notification],
        exchange: &str,
        now: i64,
    ) -> Result<ReplayResult, Error> {
        let mut gathered = self.begin(now);
        for notification in notifications {
            self.add(&mut gathered, notification, exchange);
        }
        self.settle(gathered).await
    }

    /// Returns the totals so far.
    pub fn tally(&self) -> Tally {
        self.tally
    }
}

/// Notifications that are processed together.
pub struct Gathered {
    gathering: Gathering,
    refused: Vec<(u64, String)>,
}

/// The results for notifications, by index.
#[derive(Debug)]
pub struct ReplayResult {
    /// Refused orders, with the reasons.
    pub refused: Vec<(u64, String)>,
    /// The results of rules and orders.
    pub processed: Vec<ProcessedNotification>,
}
