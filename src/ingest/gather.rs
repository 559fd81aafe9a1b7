//! Gathers notifications into a batch for the store, and counts the outcomes.

use std::sync::Arc;

use super::plan::{Planner, Step};
use crate::bus::Notification;
use crate::message::Message;
use crate::store::ingest::{Arrival, IngestBatch, IngestOutcome};

/// The plans of several notifications, in order.
#[derive(Debug, Default)]
pub struct Gathering {
    batch: Arc<IngestBatch>,
    /// For each arrival of the batch, the index of its notification and the rule.
    from: Vec<(u64, &'static str)>,
    tally: Tally,
}

/// The number of notifications by outcome.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// All of them.
    pub received: u64,
    /// Messages recorded.
    pub recorded: u64,
    /// Repeats: of the same notification, or of the same failure.
    pub repeated: u64,
    /// Notifications about resources without a known owner.
    pub ownerless: u64,
    /// Refused orders.
    pub refused: u64,
    /// Notifications that this service sent itself.
    pub own: u64,
    /// Notifications without a matching rule.
    pub unruled: u64,
    /// Those among them that report a failure.
    pub unmatched: u64,
}

impl Gathering {
    /// Starts an empty batch at `now`, in microseconds since 1970.
    pub fn new(now: i64) -> Self {
        Self {
            batch: Arc::new(IngestBatch {
                now,
                ..IngestBatch::default()
            }),
            ..Self::default()
        }
    }

    /// Adds a notification from an exchange; returns the reason if it is refused.
    pub fn add(&mut self, planner: &Planner, notification: &Notification, exchange: &str) -> Option<String> {
        let index = self.tally.received;
        let plan = planner.plan(notification, exchange, self.batch.now);
        // Not shared yet.
        let batch = Arc::make_mut(&mut self.batch);
        batch.owners.extend(plan.owner);
        self.tally.received += 1;
        match plan.step {
            Step::Nothing => self.tally.unruled += 1,
            Step::Unmatched(kind) => {
                self.tally.unruled += 1;
                self.tally.unmatched += 1;
                batch.unmatched.push(kind);
            }
            Step::Own => self.tally.own += 1,
            Step::Ownerless => self.tally.ownerless += 1,
            Step::Refused(reason) => {
                self.tally.refused += 1;
                return Some(reason);
            }
            Step::Record { by, arrival } => {
                batch.arrivals.push(arrival);
                self.from.push((index, by));
            }
        }
        None
    }

    /// Returns the number of notifications added.
    pub fn received(&self) -> u64 {
        self.tally.received
    }

    /// Whether the store has nothing to do.
    pub fn is_empty(&self) -> bool {
        let IngestBatch {
            owners,
            arrivals,
            unmatched,
            ..
        } = &*self.batch;
        arrivals.is_empty() && owners.is_empty() && unmatched.is_empty()
    }

    /// Returns the batch for the store.
    pub fn batch(&self) -> Arc<IngestBatch> {
        Arc::clone(&self.batch)
    }

    /// Returns the tally, including the store's outcomes.
    pub fn tally(&self, outcomes: &[IngestOutcome]) -> Tally {
        let mut tally = self.tally;
        for (arrival, outcome) in self.batch.arrivals.iter().zip(outcomes) {
            match outcome {
                IngestOutcome::Recorded { .. } => {
                    tally.recorded += u64::try_from(arrival.messages.len()).unwrap_or(0);
                }
                IngestOutcome::Repeated => tally.repeated += 1,
                IngestOutcome::Ownerless => tally.ownerless += 1,
            }
        }
        tally
    }

    /// Returns the indexes of notifications about resources whose owner is not known, but may be soon.
    pub fn ownerless(&self, outcomes: &[IngestOutcome]) -> Vec<usize> {
        let found = self.from.iter().zip(outcomes);
        found
            .filter(|(_, outcome)| **outcome == IngestOutcome::Ownerless)
            .filter_map(|((index, _), _)| usize::try_from(*index).ok())
            .collect()
    }

    /// Returns the messages of each arrival as they were recorded, with their rule and outcome.
    pub fn processed(&self, outcomes: &[IngestOutcome]) -> Vec<ProcessedNotification> {
        let arrivals = self.batch.arrivals.iter().zip(&self.from).zip(outcomes);
        arrivals
            .map(|((arrival, from), outcome)| ProcessedNotification::of(arrival, *from, outcome))
            .collect()
    }
}

/// The result for a notification that matched a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessedNotification {
    /// The index of the notification in the batch.
    pub index: u64,
    /// The rule's position, or the event type of an order.
    pub by: &'static str,
    /// The outcome.
    pub outcome: IngestOutcome,
    /// The messages; without a project if the owner is unknown.
    pub messages: Vec<Message>,
}

impl ProcessedNotification {
    fn of(arrival: &Arrival, (index, by): (u64, &'static str), outcome: &IngestOutcome) -> Self {
        let messages = arrival
            .messages
            .iter()
            .map(|message| outcome.of(message).into_owned());
        Self {
            index,
            by,
            outcome: outcome.clone(),
            messages: messages.collect(),
        }
    }
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.received += other.received;
        self.recorded += other.recorded;
        self.repeated += other.repeated;
        self.ownerless += other.ownerless;
        self.refused += other.refused;
        self.own += other.own;
        self.unruled += other.unruled;
    }
}
