//! What becomes of a batch, given what is known. Pure, so that a dry run decides as the store does.

use std::collections::HashMap;

use super::{Arrival, Batch, Key, Occurrence, Outcome, Owner};

/// What was recorded before, and whose resources are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// Keys of what was recorded, and when each is forgotten, in microseconds since 1970.
    pub keys: HashMap<Key, i64>,
    /// Projects of resources, and when each is forgotten.
    pub owners: HashMap<Key, (String, i64)>,
}

/// What became of a batch, and what is to be remembered of it.
#[derive(Debug, Default)]
pub struct Settled {
    /// Of each arrival, in their order.
    pub each: Vec<Outcome>,
    /// Keys that are new, or had expired; each once.
    pub keys: Vec<NewKey>,
    /// Owners that are new, or others, or would soon be forgotten; each resource once.
    pub owners: Vec<Owner>,
}

/// A key to be remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewKey {
    /// The key.
    pub key: Key,
    /// When it is forgotten, in microseconds since 1970.
    pub expires_at: i64,
    /// Whether it stands there already, expired.
    pub is_stale: bool,
}

impl Known {
    /// Decides on each arrival in turn, and takes in what the batch brings.
    pub fn settle(&mut self, batch: &Batch) -> Settled {
        let mut settled = Settled::default();
        // All owners first: whose a resource is is mostly told before it fails, but the two may come in one batch.
        let told: HashMap<&Key, &Owner> = batch
            .owners
            .iter()
            .map(|owner| (&owner.resource, owner))
            .collect();
        for (resource, owner) in told {
            if !self.is_fresh(owner, batch.now) {
                let line = (owner.project_id.clone(), owner.expires_at);
                self.owners.insert(*resource, line);
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

    /// Takes in the keys by which others are known then. What tells of a failure that was told before is known by itself from
    /// then on, too: it may be delivered again after the window is over.
    fn remember(&mut self, arrival: &Arrival, outcome: &Outcome, now: i64, keys: &mut HashMap<Key, NewKey>) {
        let of_failure = arrival.failure.map(|failure| (failure.key, failure.until()));
        let (own, failure) = match outcome {
            Outcome::Recorded { .. } => (arrival.own, of_failure),
            Outcome::Repeated => (
                arrival.own.filter(|(key, _)| self.keys.get(key) <= Some(&now)),
                None,
            ),
            Outcome::Ownerless => (None, None),
        };
        for (key, until) in own.into_iter().chain(failure) {
            let old = self.keys.get(&key).copied();
            // Of two times of the same failure the later one counts, in whatever order they came.
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

    /// Whether nothing need be written of what was told: not every notification of a resource is a write.
    fn is_fresh(&self, owner: &Owner, now: i64) -> bool {
        self.owners.get(&owner.resource).is_some_and(|(project, until)| {
            // More than half of the time is still to come.
            *project == owner.project_id && until - now > (owner.expires_at - now) / 2
        })
    }

    fn outcome(&self, arrival: &Arrival, now: i64) -> Outcome {
        let until = |key: &Key| self.keys.get(key).copied();
        let is_same = arrival.own.is_some_and(|(key, _)| until(&key) > Some(now));
        let is_told = |failure: Occurrence| until(&failure.key).is_some_and(|until| failure.is_within(until));
        if is_same || arrival.failure.is_some_and(is_told) {
            return Outcome::Repeated;
        }
        let Some(resource) = &arrival.resource else {
            return Outcome::Recorded { owner: None };
        };
        match self.owners.get(resource) {
            Some((project, expires_at)) if *expires_at > now => Outcome::Recorded {
                owner: Some(project.clone()),
            },
            _ => Outcome::Ownerless,
        }
    }
}

impl Occurrence {
    /// Until when reports are taken for this one.
    fn until(self) -> i64 {
        self.at.saturating_add(self.window)
    }

    /// Whether it is the one that is told of until then. Reports come in any order, as several servers read them.
    fn is_within(self, until: i64) -> bool {
        self.at < until && until < self.until().saturating_add(self.window)
    }
}
