//! The time of day, passed as a value so that tests can set it. Times are microseconds since 1970-01-01 UTC, as in the
//! store.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, UNIX_EPOCH};

/// A source of the current time; clones show the same time.
#[derive(Clone, Debug, Default)]
pub struct Clock(Source);

#[derive(Clone, Debug, Default)]
enum Source {
    #[default]
    System,
    Manual(Arc<Hand>),
}

impl Clock {
    /// The clock of the operating system.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock stopped at `micros`. See [`ManualClock`] for one that a test can move.
    pub fn fixed(micros: i64) -> Self {
        ManualClock::new(micros).clock()
    }

    /// Returns microseconds since 1970-01-01 UTC. A system clock set before that year gives 0.
    pub fn now(&self) -> i64 {
        match &self.0 {
            Source::System => system(),
            Source::Manual(hand) => hand.read(),
        }
    }
}

/// Sets a [`Clock`] in tests.
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<Hand>);

#[derive(Debug)]
struct Hand {
    time: AtomicI64,
    /// How far each reading moves it.
    step: AtomicI64,
}

impl Hand {
    fn read(&self) -> i64 {
        self.time
            .fetch_add(self.step.load(Ordering::Acquire), Ordering::AcqRel)
    }
}

impl ManualClock {
    /// Starts at `micros`.
    pub fn new(micros: i64) -> Self {
        Self(Arc::new(Hand {
            time: AtomicI64::new(micros),
            step: AtomicI64::new(0),
        }))
    }

    /// Returns a clock that this one controls.
    pub fn clock(&self) -> Clock {
        Clock(Source::Manual(Arc::clone(&self.0)))
    }

    /// Moves its clocks forward.
    pub fn advance(&self, by: Duration) {
        self.0.time.fetch_add(micros(by), Ordering::AcqRel);
    }

    /// Sets its clocks, even backwards, as an operator or a time server may.
    pub fn set(&self, micros: i64) {
        self.0.time.store(micros, Ordering::Release);
    }

    /// Moves its clocks forward by this at each reading, so that two readings in one request differ.
    pub fn step(&self, by: Duration) {
        self.0.step.store(micros(by), Ordering::Release);
    }
}

#[expect(clippy::disallowed_types, reason = "the clock itself")]
fn system() -> i64 {
    std::time::SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, micros)
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_clock_is_in_microseconds_and_moves() {
        let clock = Clock::system();
        let first = clock.now();
        assert!(first > 1_700_000_000_000_000, "{first}");
        assert!(clock.now() >= first);
    }

    #[test]
    fn clones_of_a_manual_clock_move_together() {
        let hand = ManualClock::new(10);
        let clock = hand.clock();
        let other = clock.clone();
        hand.advance(Duration::from_millis(2));
        assert_eq!((clock.now(), other.now()), (2010, 2010));
        hand.set(5);
        assert_eq!(other.now(), 5);
        hand.step(Duration::from_millis(1));
        assert_eq!((clock.now(), other.now()), (5, 1005));
    }

    #[test]
    fn a_fixed_clock_stands_still() {
        let clock = Clock::fixed(77);
        assert_eq!((clock.now(), clock.clone().now()), (77, 77));
    }
}
