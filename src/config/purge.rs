//! `[purge]`.

use std::time::Duration;

use super::reader::OptionReader;

/// `[purge]`: deleting what has expired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Purge {
    /// How often `tidings serve` purges; zero for never. See [`Purge::every`].
    pub interval: Duration,
    /// Rows per transaction, which determines how long writers wait.
    pub batch_size: usize,
    /// The pause between two batches, for the sake of other writers.
    pub pause: Duration,
}

impl Default for Purge {
    fn default() -> Self {
        Self {
            interval: Duration::ZERO,
            batch_size: 1000,
            pause: Duration::from_millis(10),
        }
    }
}

impl Purge {
    /// Returns how often `tidings serve` purges, if it does.
    pub fn every(&self) -> Option<Duration> {
        (!self.interval.is_zero()).then_some(self.interval)
    }

    pub(super) fn read(reader: &mut OptionReader) -> Self {
        let default = Self::default();
        let mut section = reader.section("purge");
        // The lease of a minute has to last between two batches.
        let (half_minute, year) = (Duration::from_secs(30), Duration::from_secs(31_557_600));
        Self {
            interval: section.within("interval", default.interval, &(Duration::ZERO..=year)),
            batch_size: section.within("batch_size", default.batch_size, &(1..=100_000)),
            pause: section.within("pause", default.pause, &(Duration::ZERO..=half_minute)),
        }
    }
}
