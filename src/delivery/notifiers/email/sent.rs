//! Remembers the events that recipients got in attempts that failed for others.

use std::num::NonZeroUsize;

use lru::LruCache;
use parking_lot::Mutex;

use super::message_id::MessageId;

/// The most entries.
const MOST: NonZeroUsize = NonZeroUsize::new(10_000).unwrap();

/// The events that recipients got, by the ids that e-mails with one event each would have. The next attempt on this server leaves
/// them out, so that a single bad address does not fill the other recipients' mailboxes, and a digest repeats nothing.
pub struct Sent(Mutex<LruCache<MessageId, ()>>);

impl Sent {
    pub fn new() -> Self {
        Self(Mutex::new(LruCache::new(MOST)))
    }

    pub fn contains(&self, id: MessageId) -> bool {
        self.0.lock().contains(&id)
    }

    pub fn remember(&self, id: MessageId) {
        self.0.lock().put(id, ());
    }

    /// Forgets an event whose delivery has ended: if someone redelivers it, it is sent again.
    pub fn forget(&self, id: MessageId) {
        self.0.lock().pop(&id);
    }
}
