//! A sealed batch: messages of one project under one idempotency key.

use std::sync::Arc;

use serde_json::Value;
use uuid::Uuid;

/// The most messages that the server accepts in one request.
pub(super) const MAX_MESSAGES: usize = 1000;
/// The largest body that is sent, in bytes: safely below the server's 1 MiB, also for proxies with the same limit.
pub(super) const MAX_BODY: usize = 1_000_000;

const OPEN: &str = r#"{"messages":["#;
const CLOSE: &str = "]}";
const KEY_LENGTH: usize = 36;

/// Messages that are sent together. A batch never changes: the server accepts a key only with the body it first
/// arrived with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Batch {
    /// The messages' project.
    pub project: Arc<str>,
    /// The `Idempotency-Key`.
    pub key: String,
    /// The messages' JSON.
    pub messages: Vec<Box<str>>,
}

impl Batch {
    /// Seals `messages` under a new key.
    pub fn new(project: Arc<str>, messages: Vec<Box<str>>) -> Self {
        Self {
            project,
            key: Uuid::new_v4().to_string(),
            messages,
        }
    }

    /// Returns the size of a body with messages of `bytes` in total.
    pub fn body_length(messages: usize, bytes: usize) -> usize {
        OPEN.len() + bytes + messages.saturating_sub(1) + CLOSE.len()
    }

    /// Returns the body of the request: the same bytes for the same batch, even after a restart.
    pub fn body(&self) -> String {
        let bytes = self.messages.iter().map(|message| message.len()).sum();
        let mut body = String::with_capacity(Self::body_length(self.messages.len(), bytes));
        body.push_str(OPEN);
        for (position, message) in self.messages.iter().enumerate() {
            if position > 0 {
                body.push(',');
            }
            body.push_str(message);
        }
        body.push_str(CLOSE);
        body
    }

    /// Splits a batch that the server refused; `None` for a single message. The halves' keys derive from this one, so a
    /// batch that is split again after a crash does not repeat messages that a half has already delivered.
    pub fn halves(&self) -> Option<[Self; 2]> {
        if self.messages.len() < 2 {
            return None;
        }
        let (first, second) = self.messages.split_at(self.messages.len() / 2);
        let separator = if self.key.len() == KEY_LENGTH { "-" } else { "" };
        let half = |messages: &[Box<str>], side: u8| Self {
            project: Arc::clone(&self.project),
            key: format!("{}{separator}{side}", self.key),
            messages: messages.to_vec(),
        };
        Some([half(first, 0), half(second, 1)])
    }

    /// Returns the number of messages, in the counters' type.
    pub fn count(&self) -> u64 {
        self.messages.len() as u64
    }

    /// Returns the code of the first message, for logs.
    pub fn first_code(&self) -> String {
        let first = self
            .messages
            .first()
            .and_then(|json| serde_json::from_str::<Value>(json).ok());
        first
            .and_then(|message| Some(message.get("event_id")?.as_str()?.to_owned()))
            .unwrap_or_default()
    }
}

/// Whether `key` has the form of a batch key: it is read back from disk and goes into a header.
pub(super) fn is_key(key: &str) -> bool {
    (KEY_LENGTH..=2 * KEY_LENGTH).contains(&key.len())
        && key.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(count: usize) -> Batch {
        Batch::new(
            "p".into(),
            (0..count)
                .map(|n| format!(r#"{{"event_id":"C{n}"}}"#).into())
                .collect(),
        )
    }

    #[test]
    fn the_body_is_json_of_the_foretold_length() {
        for count in [1, 2, 5] {
            let batch = batch(count);
            let body = batch.body();
            let bytes = batch.messages.iter().map(|message| message.len()).sum();
            assert_eq!(body.len(), Batch::body_length(count, bytes));
            let value: Value = serde_json::from_str(&body).unwrap();
            assert_eq!(value["messages"].as_array().unwrap().len(), count);
        }
    }

    #[test]
    fn halves_hold_the_same_messages_under_keys_that_follow_from_the_first() {
        let whole = batch(MAX_MESSAGES);
        assert_eq!(whole.halves(), whole.halves());
        let [first, second] = whole.halves().unwrap();
        assert_eq!(
            [&first.messages[..], &second.messages[..]].concat(),
            whole.messages
        );
        assert_ne!(first.key, second.key);
        let mut last = whole;
        while let Some([_, half]) = last.halves() {
            last = half;
        }
        assert!(is_key(&last.key), "{}", last.key);
        assert_eq!(last.first_code(), "C999");
    }
}
