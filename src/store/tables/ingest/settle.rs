//! The outcome of a batch, given what is known. Pure, so that a dry run decides as the store does.

use std::collections::{BTreeMap, HashMap};

use super::batch::{Arrival, IngestBatch, IngestKey, IngestOutcome, Occurrence, Owner};

/// What was recorded before, and the owners of resources.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IngestState {
    /// Keys of recorded notifications, and when each expires, in microseconds since 1970.
    pub keys: HashMap<IngestKey, i64>,
    /// Projects of resources, and when each expires.
    pub owners: HashMap<IngestKey, (String, i64)>,
}

/// The outcome of a batch, and what is to be stored.
#[derive(Debug, Default)]
pub struct Settled {
    /// The outcome of each arrival, in order.
    pub each: Vec<IngestOutcome>,
    /// Keys that are new or had expired; each once.
    pub keys: Vec<NewKey>,
    /// Owners that are new, have changed or expire soon; each resource once.
    pub owners: Vec<Owner>,
}

/// A key to be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewKey {
    /// The key.
    pub key: IngestKey,
    /// When it expires, in microseconds since 1970.
    pub expires_at: i64,
    /// Whether it is in the table, expired.
    pub is_stale: bool,
}

impl IngestState {
    /// Decides on each arrival in turn, and adds what the batch brings.
    pub fn settle(&mut self, batch: &IngestBatch) -> Settled {
        let mut settled = Settled::default();
        // All owners first: they usually come before a failure, but both may be in one batch.
        let owners: BTreeMap<&IngestKey, &Owner> = batch
            .owners
            .iter()
            .map(|owner| (&owner.resource, owner))
            .collect();
        for (resource, owner) in owners {
            if !self.is_fresh(owner, batch.now) {
                let row = (owner.project_id.clone(), owner.expires_at);
                self.owners.insert(*resource, row);
                settled.owners.push(owner.clone());
            }
        }
        let mut keys = HashMap::new();
        for arrival in &batch.arrivals {
            let outcome = self.outcome(arrival, batch.now);
            self.remember(arrival, &outcome, batch.now, &mut keys);
            settled.each.push(outcome);
        }
        settled.keys = keys.into_values().collect();
        settled
    }

    /// Adds the keys of an arrival. One that reports a known failure is recognized by its own key from then on as well, as it
    /// may be redelivered after the window.
    fn remember(
        &mut self,
        arrival: &Arrival,
        outcome: &IngestOutcome,
        now: i64,
        keys: &mut HashMap<IngestKey, NewKey>,
    ) {
        let of_failure = arrival.failure.map(|failure| (failure.key, failure.until()));
        let (own, failure) = match outcome {
            IngestOutcome::Recorded { .. } => (arrival.own, of_failure),
            IngestOutcome::Repeated => (
                arrival.own.filter(|(key, _)| self.keys.get(key) <= Some(&now)),
                None,
            ),
            IngestOutcome::Ownerless => (None, None),
        };
        for (key, until) in own.into_iter().chain(failure) {
            let old = self.keys.get(&key).copied();
            // Of two times of the same failure the later one counts, in whatever order they arrive.
            let expires_at = old.map_or(until, |old| old.max(until));
            self.keys.insert(key, expires_at);
            let is_stale = old.is_some();
            let new = keys.entry(key).or_insert(NewKey {
                key,
                expires_at,
                is_stale,
            });
            new.expires_at = expires_at;
        }
    }

    /// Whether an owner need not be written: not every notification of a resource is a write.
    fn is_fresh(&self, owner: &Owner, now: i64) -> bool {
        self.owners.get(&owner.resource).is_some_and(|(project, until)| {
            // More than half of the time is left.
            *project == owner.project_id && until - now > (owner.expires_at - now) / 2
        })
    }

    fn outcome(&self, arrival: &Arrival, now: i64) -> IngestOutcome {
        let until = |key: &IngestKey| self.keys.get(key).copied();
        let is_same = arrival.own.is_some_and(|(key, _)| until(&key) > Some(now));
        let is_known =
            |failure: Occurrence| until(&failure.key).is_some_and(|until| failure.is_within(until));
        if is_same || arrival.failure.is_some_and(is_known) {
            return IngestOutcome::Repeated;
        }
        let Some(resource) = &arrival.resource else {
            return IngestOutcome::Recorded { owner: None };
        };
        match self.owners.get(resource) {
            Some((project, expires_at)) if *expires_at > now => IngestOutcome::Recorded {
                owner: Some(project.clone()),
            },
            _ => IngestOutcome::Ownerless,
        }
    }
}

impl Occurrence {
    /// Until when reports count as this failure.
    fn until(self) -> i64 {
        self.at.saturating_add(self.window)
    }

    /// Whether it is the failure known until then. Reports come in any order, as several servers read them.
    fn is_within(self, until: i64) -> bool {
        self.at < until && until < self.until().saturating_add(self.window)
    }
}
