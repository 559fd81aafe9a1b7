//! Detects stalled deliveries.

use std::time::{Duration, Instant};

/// The verdict on a delivery in progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    /// It continues.
    Wait,
    /// Nothing was delivered for half of the limit; reported once per stall.
    Slow(Duration),
    /// Nothing was delivered for the whole limit.
    GiveUp(Duration),
}

/// Watches the progress of a delivery.
#[derive(Debug)]
pub(super) struct Patience {
    limit: Duration,
    seen: usize,
    since: Instant,
    has_warned: bool,
}

impl Patience {
    /// Starts the clock, with a limit for each event.
    pub(super) fn new(limit: Duration, now: Instant) -> Self {
        Self {
            limit,
            seen: 0,
            since: now,
            has_warned: false,
        }
    }

    /// Notes how many events have been delivered by now.
    pub(super) fn look(&mut self, arrived: usize, now: Instant) -> Decision {
        if arrived != self.seen {
            *self = Self {
                seen: arrived,
                ..Self::new(self.limit, now)
            };
            return Decision::Wait;
        }
        let idle = now.saturating_duration_since(self.since);
        if idle >= self.limit {
            Decision::GiveUp(idle)
        } else if idle >= self.limit / 2 && !self.has_warned {
            self.has_warned = true;
            Decision::Slow(idle)
        } else {
            Decision::Wait
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_on_is_waited_for_and_what_does_not_is_not() {
        let second = Duration::from_secs(1);
        let mut now = Instant::now();
        let mut patience = Patience::new(second * 60, now);
        for arrived in 1..100 {
            now += second * 29;
            assert_eq!(patience.look(arrived, now), Decision::Wait);
        }
        now += second * 30;
        assert_eq!(patience.look(99, now), Decision::Slow(second * 30));
        now += second;
        assert_eq!(patience.look(99, now), Decision::Wait);
        now += second * 29;
        assert_eq!(patience.look(99, now), Decision::GiveUp(second * 60));
    }
}
