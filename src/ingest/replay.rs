//! Notifications from a file, as they were kept: what would have become of them, or what becomes of them now.

use serde_json::value::RawValue;

use super::gather::{Gathering, Tally, Told};
use super::plan::Planner;
use crate::bus::{self, Notification};
use crate::event::Reporter;
use crate::store::ingest::Known;
use crate::store::{Error, Store};

/// The content type that a line of a file stands for.
const JSON: Option<&str> = Some("application/json");

/// Reads a line: a notification in either version, or an object that has one under `notification`.
///
/// # Errors
/// What a listener would say of it.
pub fn line(text: &str) -> Result<Notification, bus::Malformed> {
    #[derive(serde::Deserialize)]
    struct Kept<'a> {
        #[serde(borrow)]
        notification: &'a RawValue,
    }
    let mended = bus::mended(text.as_bytes());
    let text = mended.as_deref().unwrap_or(text.as_bytes());
    let kept = serde_json::from_slice::<Kept<'_>>(text);
    let body = kept.map_or(text, |kept| kept.notification.get().as_bytes());
    bus::decode(JSON, None, body)
}

/// Where what is replayed goes.
pub enum Target {
    /// Nowhere: only what is told during the replay is known, and forgotten at its end.
    Dry(Known),
    /// Into the store, where events tell of it.
    Store(Store, Reporter),
}

/// A replay under way.
pub struct Replay {
    planner: Planner,
    target: Target,
    tally: Tally,
}

impl Replay {
    /// Begins one.
    pub fn new(planner: Planner, target: Target) -> Self {
        Self {
            planner,
            target,
            tally: Tally::default(),
        }
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
    ) -> Result<Taken, Error> {
        let mut gathering = Gathering::new(now);
        let mut refused = Vec::new();
        for (index, notification) in (0..).zip(notifications) {
            let reason = gathering.add(&self.planner, notification, exchange);
            refused.extend(reason.map(|reason| (index, reason)));
        }
        let batch = gathering.batch();
        let outcomes = match &mut self.target {
            _ if gathering.is_empty() => Vec::new(),
            Target::Dry(known) => known.settle(&batch).each,
            Target::Store(store, reporter) => store.ingest(batch, reporter).await?,
        };
        self.tally += gathering.tally(&outcomes);
        let told = gathering.told(&outcomes);
        Ok(Taken { refused, told })
    }

    /// What became of all so far.
    pub fn tally(&self) -> Tally {
        self.tally
    }
}

/// What became of some notifications, each counted from 0.
#[derive(Debug)]
pub struct Taken {
    /// Orders that were not carried out, and why.
    pub refused: Vec<(u64, String)>,
    /// What rules and orders made.
    pub told: Vec<Told>,
}
