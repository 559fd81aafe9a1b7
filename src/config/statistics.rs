//! `[statistics]`.

use super::events::Days;
use super::reader::OptionReader;

/// `[statistics]`: how long the counts of recorded messages are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statistics {
    /// How many days the counts of hours are kept.
    pub hourly_counts_days: Days,
    /// How many days the counts of days are kept.
    pub daily_counts_days: Days,
}

impl Default for Statistics {
    fn default() -> Self {
        Self {
            hourly_counts_days: Days(15),
            daily_counts_days: Days(400),
        }
    }
}

impl Statistics {
    pub(super) fn read(reader: &mut OptionReader) -> Self {
        let default = Self::default();
        let mut section = reader.section("statistics");
        Self {
            hourly_counts_days: Days(section.within(
                "hourly_counts_days",
                default.hourly_counts_days.0,
                &(1..=3650),
            )),
            daily_counts_days: Days(section.within(
                "daily_counts_days",
                default.daily_counts_days.0,
                &(1..=36_525),
            )),
        }
    }
}
