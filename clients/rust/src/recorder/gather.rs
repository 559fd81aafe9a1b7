//! Gathers messages into batches per project, until a batch is full or its first message has waited long enough.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::batch::{Batch, MAX_BODY};

/// The open batches, one per project.
pub(super) struct Gather {
    open: HashMap<Arc<str>, Open>,
    batch_size: usize,
}

struct Open {
    messages: Vec<Box<str>>,
    bytes: usize,
    since: Instant,
}

impl Gather {
    /// Creates batches of at most `batch_size` messages.
    pub fn new(batch_size: usize) -> Self {
        Self {
            open: HashMap::new(),
            batch_size,
        }
    }

    /// Adds a message and returns the batches it fills: none or one, and up to two with a batch size of one.
    pub fn push(&mut self, project: &str, message: Box<str>, now: Instant) -> Vec<Batch> {
        let mut sealed = Vec::new();
        let full =
            |open: &Open| Batch::body_length(open.messages.len() + 1, open.bytes + message.len()) > MAX_BODY;
        if self.open.get(project).is_some_and(full) {
            sealed.extend(self.seal(project));
        }
        let open = self.open.entry(project.into()).or_insert_with(|| Open {
            messages: Vec::new(),
            bytes: 0,
            since: now,
        });
        open.bytes += message.len();
        open.messages.push(message);
        if open.messages.len() >= self.batch_size {
            sealed.extend(self.seal(project));
        }
        sealed
    }

    /// Seals the batches that have been open for `linger`; all of them if that is zero.
    pub fn due(&mut self, now: Instant, linger: Duration) -> Vec<Batch> {
        let due = |open: &Open| open.since + linger <= now;
        let projects: Vec<_> = self
            .open
            .iter()
            .filter(|(_, open)| due(open))
            .map(|(project, _)| Arc::clone(project))
            .collect();
        projects.iter().filter_map(|project| self.seal(project)).collect()
    }

    /// Returns when the next batch will have been open for `linger`.
    pub fn next_due(&self, linger: Duration) -> Option<Instant> {
        self.open.values().map(|open| open.since + linger).min()
    }

    fn seal(&mut self, project: &str) -> Option<Batch> {
        let (project, open) = self.open.remove_entry(project)?;
        Some(Batch::new(project, open.messages))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINGER: Duration = Duration::from_millis(20);

    #[test]
    fn a_batch_holds_one_project_and_closes_when_full() {
        let mut gather = Gather::new(2);
        let now = Instant::now();
        assert!(gather.push("a", "1".into(), now).is_empty());
        assert!(gather.push("b", "2".into(), now).is_empty());
        let sealed = gather.push("a", "3".into(), now);
        assert_eq!(sealed.len(), 1);
        assert_eq!((&*sealed[0].project, sealed[0].count()), ("a", 2));
        assert_eq!(gather.due(now, Duration::ZERO).len(), 1);
    }

    #[test]
    fn a_batch_closes_when_its_first_message_has_lingered() {
        let mut gather = Gather::new(10);
        let start = Instant::now();
        gather.push("a", "1".into(), start);
        gather.push("a", "2".into(), start + LINGER / 2);
        assert_eq!(gather.next_due(LINGER), Some(start + LINGER));
        assert!(gather.due(start + LINGER / 2, LINGER).is_empty());
        assert_eq!(gather.due(start + LINGER, LINGER).len(), 1);
        assert_eq!(gather.next_due(LINGER), None);
    }

    #[test]
    fn a_body_never_exceeds_its_limit() {
        let mut gather = Gather::new(1000);
        let now = Instant::now();
        let message: Box<str> = "x".repeat(300_000).into();
        let sealed: Vec<_> = (0..4)
            .flat_map(|_| gather.push("a", message.clone(), now))
            .collect();
        assert_eq!(sealed.len(), 1);
        assert_eq!(sealed[0].count(), 3);
        assert!(sealed[0].body().len() <= MAX_BODY);
    }
}
