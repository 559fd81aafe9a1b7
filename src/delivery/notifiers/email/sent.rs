//! Remembers which e-mails of a failed attempt were accepted.

use std::num::NonZeroUsize;

use lru::LruCache;
use parking_lot::Mutex;

use super::message_id::MessageId;

/// The most e-mails that are remembered.
const MOST: NonZeroUsize = NonZeroUsize::new(10_000).unwrap();

/// The accepted e-mails of failed attempts. The next attempt on this server leaves them out, so that a single bad address
/// does not fill the other recipients' mailboxes.
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

    /// Forgets an e-mail whose delivery has ended: if someone redelivers it, it is sent once more.
    pub fn forget(&self, id: MessageId) {
        self.0.lock().pop(&id);
    }
}
