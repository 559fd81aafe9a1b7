//! Notifications from a file, as they were kept: what would have become of them, or what becomes of them now.

use serde_json::value::RawValue;

use super::gather::{Gathering, ProcessedNotification, Tally};
use super::plan::Planner;
use crate::bus::{self, Notification};
use crate::event::Reporter;
use crate::store::ingest::IngestState;
use crate::store::{Error, Store};

/// The content type that a line of a file stands for.
const JSON: Option<&str> = Some("application/json");

/// Reads a line: a notification in either version, or an object that has one under `notification`.
///
/// # Errors
/// What a listener would say of it.
pub fn line(text: &str) -> Result<Notification, bus::Malformed> {
    unwrapped(text, |body| bus::decode(JSON, None, body))
}

/// Gives the notification's body of a line to a reader.
fn unwrapped<T>(text: &str, read: impl FnOnce(&[u8]) -> T) -> T {
    #[derive(serde::Deserialize)]
    struct Kept<'a> {
        #[serde(borrow)]
        notification: &'a RawValue,
    }
    // Most lines have none, and are read no further than need be.
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

/// Where what is replayed goes.
pub enum ReplayTarget {
    /// Nowhere: only what was learnt during the replay is known, and forgotten at its end.
    Dry(IngestState),
    /// Into the store, where events tell of it.
    Store(Store, Reporter),
}

/// A replay under way.
pub struct Replay {
    planner: Planner,
    target: ReplayTarget,
    tally: Tally,
}

impl Replay {
    /// Begins one.
    pub fn new(planner: Planner, target: ReplayTarget) -> Self {
        Self {
            planner,
            target,
            tally: Tally::default(),
        }
    }

    /// Reads a line as [`line()`] does, without what nothing would be made of anyway.
    ///
    /// # Errors
    /// What a listener would say of it.
    pub fn read(&self, text: &str) -> Result<Notification, bus::Malformed> {
        unwrapped(text, |body| self.planner.read(JSON, None, body))
    }

    /// Begins to gather notifications at `now`, in microseconds since 1970.
    pub fn begin(&self, now: i64) -> Gathered {
        Gathered {
            gathering: Gathering::new(now),
            refused: Vec::new(),
        }
    }

    /// Takes in a notification as if it had come through the exchange.
    pub fn add(&self, gathered: &mut Gathered, notification: &Notification, exchange: &str) {
        let index = gathered.gathering.received();
        let reason = gathered.gathering.add(&self.planner, notification, exchange);
        gathered.refused.extend(reason.map(|reason| (index, reason)));
    }

    /// Has done what is to be done with what was gathered, and gives what became of it.
    ///
    /// # Errors
    /// Those of the store.
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

    /// Takes the next notifications as if they had come through the exchange at `now`, in microseconds since 1970, and gives
    /// what became of them.
    ///
    /// # Errors
    /// Those of the store.
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

    /// What became of all so far.
    pub fn tally(&self) -> Tally {
        self.tally
    }
}

/// Notifications that are settled together.
pub struct Gathered {
    gathering: Gathering,
    refused: Vec<(u64, String)>,
}

/// What became of some notifications, each counted from 0.
#[derive(Debug)]
pub struct ReplayResult {
    /// Orders that were not carried out, and why.
    pub refused: Vec<(u64, String)>,
    /// What rules and orders made.
    pub processed: Vec<ProcessedNotification>,
}
