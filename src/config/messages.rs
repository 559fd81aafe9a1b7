//! `[messages]`.

use std::time::Duration;

use super::reader::OptionReader;

/// `[messages]`: how long messages are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Messages {
    /// How long a message is guaranteed to be kept, unless the catalog extends it.
    pub ttl: Duration,
    /// How long an `Idempotency-Key` and its answer are kept.
    pub idempotency_ttl: Duration,
}

impl Default for Messages {
    fn default() -> Self {
        Self {
            ttl: Duration::from_secs(2_592_000),
            idempotency_ttl: Duration::from_secs(86_400),
        }
    }
}

impl Messages {
    /// Returns [`Messages::ttl`] in whole seconds.
    pub fn ttl_seconds(&self) -> u32 {
        u32::try_from(self.ttl.as_secs()).unwrap_or(u32::MAX)
    }

    pub(super) fn read(reader: &mut OptionReader) -> Self {
        let default = Self::default();
        let mut section = reader.section("messages");
        let century = Duration::from_secs(3_155_760_000);
        Self {
            ttl: section.within("ttl", default.ttl, &(Duration::from_secs(1)..=century)),
            idempotency_ttl: section.within(
                "idempotency_ttl",
                default.idempotency_ttl,
                &(Duration::from_secs(1)..=century),
            ),
        }
    }
}
