//! Warns of queues that grow without a consumer.
//!
//! A notifier declares its topic's queue itself, so that nothing is lost before a listener starts. Without a listener
//! the queue grows until the broker runs short of memory and blocks all publishers.

use std::collections::HashMap;
use std::time::Duration;

/// The interval between two looks at a queue.
pub const LOOK: Duration = Duration::from_secs(10);

/// The fewest messages to warn of: fewer may wait for a listener that restarts.
const FEW: u32 = 100;

/// The queues that are watched, with what the last look found.
#[derive(Debug, Default)]
pub struct Unread(HashMap<String, QueueState>);

#[derive(Debug, Default)]
struct QueueState {
    /// The messages at the last look.
    before: Option<u32>,
    /// The messages at the last warning.
    told: u32,
}

impl Unread {
    /// Watches a queue, unless it is already watched.
    pub fn watch(&mut self, queue: &str) {
        if !self.0.contains_key(queue) {
            self.0.insert(queue.to_owned(), QueueState::default());
        }
    }

    /// Returns the queues to look at.
    pub fn queues(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }

    /// Stops looking at a queue that does not exist or is not visible, until it is watched again.
    pub fn forget(&mut self, queue: &str) {
        self.0.remove(queue);
    }

    /// Notes what a look at a queue found. Warns when the queue grows without a consumer, and again each time it has doubled.
    pub fn note(&mut self, queue: &str, messages: u32, consumers: u32) {
        if self.is_due(queue, messages, consumers) {
            let topic = queue.rsplit_once('.').map_or(queue, |(topic, _)| topic);
            tracing::warn!(
                queue,
                messages,
                "this queue has no consumer and keeps growing: without a limit the broker runs short of memory and blocks all \
                 publishers. Limit it, unless a policy already does: rabbitmqctl set_policy --apply-to queues unread-{topic} \
                 '^{topic}\\.' '{{\"message-ttl\": 3600000, \"max-length\": 100000}}'"
            );
        }
    }

    fn is_due(&mut self, queue: &str, messages: u32, consumers: u32) -> bool {
        let seen = self.0.entry(queue.to_owned()).or_default();
        let has_grown = seen
            .before
            .replace(messages)
            .is_some_and(|before| messages > before);
        if consumers > 0 {
            seen.told = 0;
        }
        let is_due =
            consumers == 0 && has_grown && messages >= FEW && messages >= seen.told.saturating_mul(2);
        if is_due {
            seen.told = messages;
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(looks: &[(u32, u32)]) -> Vec<bool> {
        let mut unread = Unread::default();
        let mut look = |(messages, consumers): &(u32, u32)| unread.is_due("q", *messages, *consumers);
        looks.iter().map(&mut look).collect()
    }

    #[test]
    fn a_queue_that_grows_unread_is_reported_each_time_it_has_doubled() {
        assert_eq!(
            due(&[(500, 0), (501, 0), (900, 0), (1002, 0), (2000, 0), (2004, 0)]),
            [false, true, false, true, false, true]
        );
    }

    #[test]
    fn a_queue_that_is_read_limited_or_short_is_not_reported() {
        assert_eq!(due(&[(500, 1), (900, 2)]), [false, false]);
        assert_eq!(due(&[(500, 0), (500, 0), (400, 0)]), [false, false, false]);
        assert_eq!(due(&[(0, 0), (99, 0), (100, 0)]), [false, false, true]);
        // Its consumer was back in between.
        assert_eq!(
            due(&[(100, 0), (200, 0), (0, 1), (150, 0)]),
            [false, true, false, true]
        );
    }

    #[test]
    fn a_queue_that_was_missing_is_looked_at_once_it_is_met_again() {
        let mut unread = Unread::default();
        unread.watch("a");
        unread.watch("b");
        unread.forget("a");
        assert_eq!(unread.queues(), ["b"]);
        unread.watch("a");
        let mut queues = unread.queues();
        queues.sort();
        assert_eq!(queues, ["a", "b"]);
        assert!(!unread.is_due("a", 500, 0));
        assert!(unread.is_due("a", 501, 0));
    }
}
