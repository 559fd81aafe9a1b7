//! `[events]`.

use std::time::Duration;

use super::reader::OptionReader;

/// `[events]`: how long events wait for delivery and are kept for audits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Events {
    /// How many days events are kept for audits; zero for not at all.
    pub keep: Days,
    /// How long an event may wait for its driver before it is dropped.
    pub max_age: Duration,
    /// The most events that may wait for one driver; the oldest above that are dropped.
    pub max_rows: u64,
    /// Events per delivery.
    pub batch_size: usize,
}

/// Whole days.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Days(pub u64);

impl Days {
    /// Whether it is zero.
    pub fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Returns it in microseconds.
    pub fn micros(self) -> i64 {
        i64::try_from(self.0)
            .unwrap_or(i64::MAX)
            .saturating_mul(86_400_000_000)
    }
}

impl Default for Events {
    fn default() -> Self {
        Self {
            keep: Days(0),
            max_age: Duration::from_secs(604_800),
            max_rows: 1_000_000,
            batch_size: 2000,
        }
    }
}

impl Events {
    pub(super) fn read(reader: &mut OptionReader) -> Self {
        let default = Self::default();
        let mut section = reader.section("events");
        let (minute, century) = (Duration::from_secs(60), Duration::from_secs(3_155_760_000));
        Self {
            keep: Days(section.within("keep", default.keep.0, &(0..=36_525))),
            max_age: section.within("max_age", default.max_age, &(minute..=century)),
            max_rows: section.within("max_rows", default.max_rows, &(1..=1_000_000_000)),
            batch_size: section.within("batch_size", default.batch_size, &(1..=10_000)),
        }
    }
}
