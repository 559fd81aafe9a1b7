//! When to read next: the service's database rests for most of the time.

use std::time::{Duration, Instant};

use super::foreign::LONGEST;
use crate::backoff::Backoff;
use crate::store::foreign::ForeignService;

/// The interval between looks for new rows.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// The interval between walks through all rows.
const WALK_EVERY: Duration = Duration::from_secs(2);

/// The rest after a statement, as a multiple of how long it took: under 1 % of the time.
const REST: u32 = 100;

/// The same for looks at a table with an index for them, whose rests are short even if the database is slow for a while.
const REST_WITH_INDEX: (u32, Duration) = (10, Duration::from_secs(5));

/// When a service's table is read next.
pub(super) struct Pace {
    service: ForeignService,
    next_look: Instant,
    next_walk: Instant,
    /// The waits after failed pages of the walk.
    walk_backoff: Backoff,
}

impl Pace {
    /// Everything is due.
    pub(super) fn new(service: ForeignService) -> Self {
        let now = Instant::now();
        Self {
            service,
            next_look: now,
            next_walk: now,
            walk_backoff: Backoff::new(WALK_EVERY, LONGEST * REST),
        }
    }

    /// Whether a look for new rows is due.
    pub(super) fn look_is_due(&self) -> bool {
        self.next_look <= Instant::now()
    }

    /// Whether a page of the walk is due.
    pub(super) fn walk_is_due(&self) -> bool {
        self.next_walk <= Instant::now()
    }

    /// How long nothing is due.
    pub(super) fn rest(&self) -> Duration {
        let next = self.next_look.min(self.next_walk);
        next.saturating_duration_since(Instant::now())
    }

    /// Notes how long the statements of a look took, and whether more rows follow.
    pub(super) fn looked(&mut self, took: Duration, continues: bool) {
        let took = took.min(LONGEST);
        let rest = match self.service {
            ForeignService::Cinder => (took * REST_WITH_INDEX.0).min(REST_WITH_INDEX.1),
            ForeignService::Manila => took * REST,
        };
        let least = if continues { Duration::ZERO } else { LOOK_EVERY };
        self.next_look = Instant::now() + rest.max(least);
    }

    /// Notes how long a page of the walk took, and whether it was the last one.
    pub(super) fn walked(&mut self, took: Duration, is_last: bool) {
        self.walk_backoff.succeeded();
        let least = if is_last { WALK_EVERY } else { Duration::ZERO };
        self.next_walk = Instant::now() + (took * REST).max(least);
    }

    /// Notes that a page of the walk failed; `is_too_slow` if the server stopped it.
    pub(super) fn walk_failed(&mut self, is_too_slow: bool) {
        let wait = self.walk_backoff.failed();
        let wait = if is_too_slow { LONGEST * REST } else { wait };
        self.next_walk = Instant::now() + wait;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the rest after a look that took so many milliseconds, in seconds.
    fn rest(service: ForeignService, took: u64) -> u128 {
        let mut pace = Pace::new(service);
        pace.looked(Duration::from_millis(took), false);
        let left = pace.next_look.saturating_duration_since(Instant::now());
        // Some of it has passed.
        left.as_millis().div_ceil(1000)
    }

    #[test]
    fn a_slow_look_delays_the_next_one_within_limits() {
        let [cinder, manila] = [ForeignService::Cinder, ForeignService::Manila];
        assert_eq!([1, 200, 60_000].map(|took| rest(cinder, took)), [1, 2, 5]);
        assert_eq!([1, 200, 60_000].map(|took| rest(manila, took)), [1, 20, 1000]);
    }
}
