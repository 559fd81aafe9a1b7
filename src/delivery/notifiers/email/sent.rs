//! Remembers what recipients were told by attempts that failed for others.

use std::num::NonZeroUsize;

use lru::LruCache;
use parking_lot::Mutex;

use super::message_id::MessageId;

/// The most that is remembered.
const MOST: NonZeroUsize = NonZeroUsize::new(10_000).unwrap();

/// What recipients were told, by the ids of e-mails that would tell of one event each. The next attempt on this server leaves it
/// out, so that a single bad address does not fill the other recipients' mailboxes, and a digest repeats nothing.
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

    /// Forgets an event whose delivery has ended: if someone redelivers it, it is told once more.
    pub fn forget(&self, id: MessageId) {
        self.0.lock().pop(&id);
    }
}
