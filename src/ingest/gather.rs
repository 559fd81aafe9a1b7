//! Notifications gathered into a batch for the store, and what became of each.

use std::sync::Arc;

use super::plan::{Planner, Step};
use crate::bus::Notification;
use crate::message::Message;
use crate::store::ingest::{Arrival, IngestBatch, IngestOutcome};

/// Plans of several notifications, in their order.
#[derive(Debug, Default)]
pub struct Gathering {
    batch: Arc<IngestBatch>,
    /// Which notification, counted from 0, led to each arrival of the batch, and by what.
    from: Vec<(u64, &'static str)>,
    tally: Tally,
}

/// How many notifications there were, and what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// All of them.
    pub received: u64,
    /// Messages recorded.
    pub recorded: u64,
    /// Those that were recorded before, themselves or as the same failure.
    pub repeated: u64,
    /// Those whose resource belongs to nobody known.
    pub ownerless: u64,
    /// Orders that were not carried out.
    pub refused: u64,
    /// Those that this service sent itself.
    pub own: u64,
    /// Those that no rule makes a message of.
    pub unruled: u64,
}

impl Gathering {
    /// An empty one at `now`, in microseconds since 1970.
    pub fn new(now: i64) -> Self {
        Self {
            batch: Arc::new(IngestBatch {
                now,
                ..IngestBatch::default()
            }),
            ..Self::default()
        }
    }

    /// Takes in a notification that came through an exchange, and gives the reason if it is refused.
    pub fn add(&mut self, planner: &Planner, notification: &Notification, exchange: &str) -> Option<String> {
        let index = self.tally.received;
        let plan = planner.plan(notification, exchange, self.batch.now);
        // Shared with nobody yet.
        let batch = Arc::make_mut(&mut self.batch);
        batch.owners.extend(plan.owner);
        self.tally.received += 1;
        match plan.step {
            Step::Nothing => self.tally.unruled += 1,
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

    /// How many notifications it took in.
    pub fn received(&self) -> u64 {
        self.tally.received
    }

    /// Whether the store has anything to do.
    pub fn is_empty(&self) -> bool {
        self.batch.arrivals.is_empty() && self.batch.owners.is_empty()
    }

    /// What the store is to record.
    pub fn batch(&self) -> Arc<IngestBatch> {
        Arc::clone(&self.batch)
    }

    /// The tally with what the store made of the batch.
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

    /// Which notifications, counted from 0, tell of a resource that nobody is known to own, but may be soon.
    pub fn ownerless(&self, outcomes: &[IngestOutcome]) -> Vec<usize> {
        let found = self.from.iter().zip(outcomes);
        found
            .filter(|(_, outcome)| **outcome == IngestOutcome::Ownerless)
            .filter_map(|((index, _), _)| usize::try_from(*index).ok())
            .collect()
    }

    /// The messages of each arrival as they were recorded, what made it, and what became of it.
    pub fn processed(&self, outcomes: &[IngestOutcome]) -> Vec<ProcessedNotification> {
        let arrivals = self.batch.arrivals.iter().zip(&self.from).zip(outcomes);
        arrivals
            .map(|((arrival, from), outcome)| ProcessedNotification::of(arrival, *from, outcome))
            .collect()
    }
}

/// What became of a notification that a rule made something of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessedNotification {
    /// Which notification of the gathering it was, counted from 0.
    pub index: u64,
    /// The rule's place, or the event type of an order.
    pub by: &'static str,
    /// What became of it.
    pub outcome: IngestOutcome,
    /// The messages; without a project where nobody knows whose they are.
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
