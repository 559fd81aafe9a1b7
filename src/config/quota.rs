//! `[quota]`.

use super::reader::OptionReader;

/// `[quota]`: how much may be recorded per project. Zero means no limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quota {
    /// The most messages that a project may have.
    pub messages_per_project: u64,
    /// The most messages that may be recorded for a project in a minute, in the long run.
    pub messages_per_minute: u64,
    /// The most of them in one burst after a pause.
    pub burst: u64,
}

impl Default for Quota {
    fn default() -> Self {
        Self {
            messages_per_project: 0,
            messages_per_minute: 0,
            burst: 1000,
        }
    }
}

impl Quota {
    pub(super) fn read(reader: &mut OptionReader) -> Self {
        let default = Self::default();
        let mut section = reader.section("quota");
        let most = 1_000_000_000_000;
        Self {
            messages_per_project: section.within(
                "messages_per_project",
                default.messages_per_project,
                &(0..=most),
            ),
            messages_per_minute: section.within(
                "messages_per_minute",
                default.messages_per_minute,
                &(0..=most),
            ),
            burst: section.within("burst", default.burst, &(1..=most)),
        }
    }
}
