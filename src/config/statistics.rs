//! `[statistics]`.

use super::events::Days;
use super::reader::OptionReader;

/// `[statistics]`: how long the numbers of recorded messages are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statistics {
    /// How many days those of hours are kept.
    pub keep_hours: Days,
    /// How many days those of days are kept.
    pub keep_days: Days,
}

impl Default for Statistics {
    fn default() -> Self {
        Self {
            keep_hours: Days(15),
            keep_days: Days(400),
        }
    }
}

impl Statistics {
    pub(super) fn read(reader: &mut OptionReader) -> Self {
        let default = Self::default();
        let mut section = reader.section("statistics");
        Self {
            keep_hours: Days(section.within("keep_hours", default.keep_hours.0, &(1..=3650))),
            keep_days: Days(section.within("keep_days", default.keep_days.0, &(1..=36_525))),
        }
    }
}
