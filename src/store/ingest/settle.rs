//! What becomes of a batch, given what is known. Pure, so that a dry run decides as the store does.

use std::collections::HashMap;

use super::{Arrival, Batch, Key, Outcome};

/// What was recorded before, and whose resources are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// Keys of what was recorded, and when each is forgotten, in microseconds since 1970.
    pub keys: HashMap<Key, i64>,
    /// Projects of resources, and when each is forgotten.
    pub owners: HashMap<Key, (String, i64)>,
}

impl Known {
    /// Decides on each arrival in turn, gives the messages that are to be recorded their project, and takes in what the
    /// batch brings.
    pub fn settle(&mut self, batch: &mut Batch) -> Vec<Outcome> {
        // All owners first: whose a resource is is mostly told before it fails, but the two may come in one batch.
        for owner in &batch.owners {
            let told = (owner.project_id.clone(), owner.expires_at);
            self.owners.insert(owner.resource, told);
        }
        let now = batch.now;
        let arrivals = batch.arrivals.iter_mut();
        arrivals.map(|arrival| self.settle_one(arrival, now)).collect()
    }

    fn settle_one(&mut self, arrival: &mut Arrival, now: i64) -> Outcome {
        let is_known = |key: &Key| self.keys.get(key).is_some_and(|expires_at| *expires_at > now);
        if arrival.keys.iter().any(|(key, _)| is_known(key)) {
            return Outcome::Repeated;
        }
        let mut owner = None;
        if let Some(resource) = &arrival.resource {
            let found = self
                .owners
                .get(resource)
                .filter(|(_, expires_at)| *expires_at > now);
            let Some((project, _)) = found else {
                return Outcome::Ownerless;
            };
            for message in &mut arrival.messages {
                message.project_id.clone_from(project);
            }
            owner = Some(project.clone());
        }
        self.keys.extend(arrival.keys.iter().copied());
        Outcome::Recorded { owner }
    }
}
