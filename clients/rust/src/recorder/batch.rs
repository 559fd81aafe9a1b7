//! A sealed batch: messages of one project under one idempotency key.

use std::sync::Arc;

use serde_json::Value;
use uuid::Uuid;

/// What the server takes in one request.
pub(super) const MAX_MESSAGES: usize = 1000;
/// The largest body that is sent, in bytes: under the server's 1 MiB, so that no proxy with the same limit is
/// in doubt.
pub(super) const MAX_BODY: usize = 1_000_000;

const OPEN: &str = r#"{"messages":["#;
const CLOSE: &str = "]}";
const KEY_LENGTH: usize = 36;

/// Messages that are sent together. Never changed once made: the server takes a key only with the body it
/// first came with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Batch {
    /// Whose messages these are.
    pub project: Arc<str>,
    /// The `Idempotency-Key`.
    pub key: String,
    /// The messages' JSON.
    pub messages: Vec<Box<str>>,
}

impl Batch {
    /// Seals `messages` under a key of their own.
    pub fn new(project: Arc<str>, messages: Vec<Box<str>>) -> Self {
        Self {
            project,
            key: Uuid::new_v4().to_string(),
            messages,
        }
    }

    /// Bytes of the body that holds messages of `bytes` altogether.
    pub fn body_length(messages: usize, bytes: usize) -> usize {
        OPEN.len() + bytes + messages.saturating_sub(1) + CLOSE.len()
    }

    /// The body of the request; the same bytes for the same batch, also after a restart.
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

    /// Both halves of a batch the server refused, or `None` for a single message. Their keys follow from this
    /// one's, so a batch that is halved again after a crash repeats no message that a half has brought
    /// already.
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

    /// How many messages; as counters count.
    pub fn count(&self) -> u64 {
        self.messages.len() as u64
    }

    /// The code of the first message, for logs.
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

/// Whether `key` is one that a batch can have: it is read back from disk and goes into a header.
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
