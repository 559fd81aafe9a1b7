//! The event types that listeners want: what a server knows of them before it writes events.

use std::collections::BTreeSet;
use std::sync::Arc;

use parking_lot::RwLock;

/// The event types with listeners, of any project, as of a version of the subscriptions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Subscribed {
    /// The version.
    pub version: i64,
    /// The types.
    pub types: BTreeSet<String>,
}

impl Subscribed {
    /// Whether any listener wants events of this type.
    pub fn has(&self, event_type: &str) -> bool {
        self.types.contains(event_type)
    }
}

/// What is known of the subscriptions. The store compares its version in each transaction that may report events, and notes a
/// newer one here. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Subscribers(Arc<RwLock<Arc<Subscribed>>>);

impl Subscribers {
    /// Returns what is known.
    pub fn known(&self) -> Arc<Subscribed> {
        Arc::clone(&self.0.read())
    }

    /// Notes what was read.
    pub fn note(&self, subscribed: Subscribed) {
        *self.0.write() = Arc::new(subscribed);
    }
}
