//! What becomes of a batch, given what is known. Pure, so that a dry run decides as the store does.

use std::collections::HashMap;

use super::{Arrival, Batch, Key, Outcome, Owner};

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
    /// Keys that are new, or had expired.
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
        for arrival in &batch.arrivals {
            let outcome = self.outcome(arrival, batch.now);
            if let Outcome::Recorded { .. } = outcome {
                for (key, expires_at) in &arrival.keys {
                    let old = self.keys.insert(*key, *expires_at);
                    settled.keys.push(NewKey {
                        key: *key,
                        expires_at: *expires_at,
                        is_stale: old.is_some(),
                    });
                }
            }
            settled.each.push(outcome);
        }
        settled
    }

    /// Whether nothing need be written of what was told: not every notification of a resource is a write.
    fn is_fresh(&self, owner: &Owner, now: i64) -> bool {
        self.owners.get(&owner.resource).is_some_and(|(project, until)| {
            // More than half of the time is still to come.
            *project == owner.project_id && until - now > (owner.expires_at - now) / 2
        })
    }

    fn outcome(&self, arrival: &Arrival, now: i64) -> Outcome {
        let is_known = |key: &Key| self.keys.get(key).is_some_and(|expires_at| *expires_at > now);
        if arrival.keys.iter().any(|(key, _)| is_known(key)) {
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
