//! The ids of e-mails.

use lettre::Address;
use twox_hash::XxHash3_64;
use uuid::Uuid;

/// The id of an e-mail. The same e-mail has the same id in every attempt, on every server, so that receivers recognize a
/// repeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MessageId {
    /// The event; in a digest the first one.
    event: Uuid,
    /// Distinguishes the e-mails about it.
    hash: u64,
}

impl MessageId {
    /// Identifies an e-mail to a recipient by the event and by everything else that determines it.
    pub fn new<'a>(event: Uuid, to: &Address, others: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut bytes = to.to_string().into_bytes();
        for other in others {
            bytes.push(0);
            bytes.extend_from_slice(other);
        }
        let hash = XxHash3_64::oneshot(&bytes);
        Self { event, hash }
    }

    /// Returns the header: `<event.hash@host>`.
    pub fn header(self, host: &str) -> String {
        format!("<{}.{:016x}@{host}>", self.event, self.hash)
    }
}
