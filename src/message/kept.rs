//! How long counts are kept.

use super::summary::{Grain, Period};
use crate::config::Statistics;

/// How long counts are kept, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// Those of hours.
    pub hours: i64,
    /// Those of days.
    pub days: i64,
}

impl Kept {
    /// As configured.
    pub fn of(config: &Statistics) -> Self {
        Self {
            hours: config.hourly_counts_days.micros(),
            days: config.daily_counts_days.micros(),
        }
    }

    /// Returns how long counts of such intervals are kept, in microseconds.
    pub fn length(self, grain: Grain) -> i64 {
        match grain {
            Grain::Hour => self.hours,
            Grain::Day => self.days,
        }
    }

    /// Returns the period before this one, unless a part of its counts is no longer kept at `now` (microseconds since 1970).
    pub fn before(self, period: Period, now: i64) -> Option<Period> {
        let before = period.before();
        let since = now.saturating_sub(self.length(before.grain));
        (before.since >= since).then_some(before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_is_compared_only_with_one_that_is_kept_as_a_whole() {
        let day = Grain::Day.micros();
        let kept = Kept {
            hours: 15 * day,
            days: 400 * day,
        };
        let now = 1000 * day;
        for (since, days, is_kept) in [
            (2, 2, true),
            (13, 2, true),
            (14, 2, false),
            (200, 200, true),
            (300, 200, false),
        ] {
            let since = now - since * day;
            let period = Period::containing(since, since + days * day, now - kept.hours);
            assert_eq!(kept.before(period, now).is_some(), is_kept, "{period:?}");
        }
    }
}
