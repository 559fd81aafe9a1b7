//! Turns rows into messages.

use std::collections::HashSet;

use uuid::Uuid;

use crate::brief::brief;
use crate::config::Pattern;
use crate::message::Message;
use crate::store::follow::may_pair;
use crate::store::foreign::{ForeignRow, ForeignService};
use crate::telemetry::LogThrottle;

/// The most refused rows that are remembered, to be counted and logged once.
const MOST: usize = 10_000;

/// The most messages of a transaction that may make pairs: each of those takes several statements.
const PAIRS: usize = 100;

/// The longest id in a log line, in bytes.
const LONGEST: usize = 64;

/// Turns a service's rows into messages.
pub(super) struct Rows {
    service: ForeignService,
    projects: Pattern,
    refused: HashSet<String>,
    log: LogThrottle,
}

/// What rows bring.
#[derive(Debug, Default)]
pub(super) struct Brought {
    /// Messages with the rows' ids and times.
    pub(super) messages: Vec<Message>,
    /// The ids of rows that are marked as deleted.
    pub(super) deleted: Vec<Uuid>,
    /// Rows that make no message, and were not seen before.
    pub(super) refused: u64,
}

impl Rows {
    /// `projects` matches the project ids that requests can address.
    pub(super) fn new(service: ForeignService, projects: Pattern) -> Self {
        Self {
            service,
            projects,
            refused: HashSet::new(),
            log: LogThrottle::default(),
        }
    }

    /// Converts rows. Those that make no message are logged.
    pub(super) fn bring(&mut self, rows: Vec<ForeignRow>) -> Brought {
        let mut brought = Brought::default();
        for row in rows {
            let id = row.id.clone();
            if row.is_deleted() {
                brought.deleted.extend(Uuid::try_parse(&id));
                continue;
            }
            match row.into_line(self.service).into_message(&self.projects) {
                Ok(message) => brought.messages.push(message),
                Err(reason) => brought.refused += u64::from(self.refuse(id, &reason)),
            }
        }
        brought
    }

    /// Returns whether the row was not refused before.
    fn refuse(&mut self, id: String, reason: &str) -> bool {
        if self.refused.contains(&id) {
            return false;
        }
        if let Some(held_back) = self.log.due() {
            let (service, row) = (self.service.name(), brief(&id, LONGEST));
            tracing::warn!(service, %row, reason, held_back, "a followed row makes no message");
        }
        if self.refused.len() < MOST {
            self.refused.insert(id);
        }
        true
    }
}

/// Splits messages so that no part has more than [`PAIRS`] that may make pairs at `now`.
pub(super) fn parts(messages: Vec<Message>, now: i64, pairs_within: i64) -> Vec<Vec<Message>> {
    let (mut parts, mut part, mut pairs) = (Vec::new(), Vec::new(), 0);
    for message in messages {
        let may_pair = may_pair(&message, now, pairs_within);
        if may_pair && pairs == PAIRS {
            parts.push(std::mem::take(&mut part));
            pairs = 0;
        }
        pairs += usize::from(may_pair);
        part.push(message);
    }
    parts.push(part);
    parts
}
