//! When to retry: backoff with jitter, and whether the server is considered up.

use std::time::Duration;

use tokio::time::Instant;
use uuid::Uuid;

/// Caps a server's `Retry-After`.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(3600);

/// How long to wait after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wait {
    /// Longer with each consecutive failure.
    Backoff,
    /// The longest backoff right away: retrying soon cannot help.
    Slow,
    /// What the server asked for (`Retry-After`).
    Asked(Duration),
}

/// The bounds of the wait.
#[derive(Debug, Clone, Copy)]
pub(super) struct Backoff {
    /// After the first failure.
    pub first: Duration,
    /// The upper bound.
    pub longest: Duration,
}

impl Backoff {
    /// Returns the wait after this many consecutive failures, jittered so that many services do not return at the same
    /// moment.
    pub fn delay(&self, wait: Wait, failures: u32) -> Duration {
        let doubled = self
            .first
            .saturating_mul(2_u32.saturating_pow(failures.saturating_sub(1)));
        match wait {
            Wait::Backoff => jittered(doubled.min(self.longest)),
            Wait::Slow => jittered(self.longest),
            Wait::Asked(asked) => asked.min(LONGEST_RETRY_AFTER) + jittered(self.first),
        }
    }
}

/// Returns a random duration between half of `delay` and `delay`.
fn jittered(delay: Duration) -> Duration {
    // `Uuid` is the source of randomness at hand; a generator would be one more dependency.
    let (_, random) = Uuid::new_v4().as_u64_pair();
    let share = f64::from(u32::try_from(random & 0xffff).unwrap_or_default()) / 65536.0;
    delay / 2 + (delay / 2).mul_f64(share)
}

/// Whether the server is up, judging by the latest requests.
pub(super) struct Health {
    backoff: Backoff,
    failures: u32,
    retry_at: Option<Instant>,
}

impl Health {
    /// Starts as up.
    pub fn new(backoff: Backoff) -> Self {
        Self {
            backoff,
            failures: 0,
            retry_at: None,
        }
    }

    /// Whether the last request was answered.
    pub fn is_up(&self) -> bool {
        self.retry_at.is_none()
    }

    /// Returns how many requests may be in flight: `limit` while the server is up, one when it is time to probe it,
    /// otherwise none.
    pub fn allowed(&self, now: Instant, limit: usize) -> usize {
        match self.retry_at {
            None => limit,
            Some(at) if at <= now => 1,
            Some(_) => 0,
        }
    }

    /// Returns when the server may be probed.
    pub fn retry_at(&self) -> Option<Instant> {
        self.retry_at
    }

    /// Notes that the server did not answer or is unavailable. Returns true if it was up before.
    pub fn failed(&mut self, wait: Wait, now: Instant) -> bool {
        let was_up = self.is_up();
        // Requests that were in flight together fail together: that counts as one failure.
        if self.retry_at.is_none_or(|at| at <= now) {
            self.failures = self.failures.saturating_add(1);
        }
        let until = now + self.backoff.delay(wait, self.failures);
        self.retry_at = Some(self.retry_at.map_or(until, |at| at.max(until)));
        was_up
    }

    /// Notes that the server answered. Returns true if it was down before.
    pub fn answered(&mut self) -> bool {
        self.failures = 0;
        self.retry_at.take().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACKOFF: Backoff = Backoff {
        first: Duration::from_millis(100),
        longest: Duration::from_secs(1),
    };

    #[test]
    fn waits_grow_to_their_bound() {
        for (failures, longest) in [(1, 100), (2, 200), (3, 400), (5, 1000), (4_000_000_000, 1000)] {
            let longest = Duration::from_millis(longest);
            let delay = BACKOFF.delay(Wait::Backoff, failures);
            assert!(delay >= longest / 2 && delay <= longest, "{failures}: {delay:?}");
        }
        assert!(BACKOFF.delay(Wait::Slow, 1) >= Duration::from_millis(500));
    }

    #[test]
    fn retry_after_is_honoured_within_reason() {
        let asked = Duration::from_secs(7);
        assert!(BACKOFF.delay(Wait::Asked(asked), 1) >= asked);
        assert!(BACKOFF.delay(Wait::Asked(Duration::MAX), 1) < Duration::from_secs(3601));
    }

    #[test]
    fn a_server_that_is_down_is_asked_by_one_request_at_a_time() {
        let mut health = Health::new(BACKOFF);
        let now = Instant::now();
        assert_eq!(health.allowed(now, 4), 4);
        assert!(health.failed(Wait::Backoff, now));
        assert!(!health.failed(Wait::Backoff, now), "failed together");
        assert_eq!(health.allowed(now, 4), 0);
        assert_eq!(health.allowed(now + BACKOFF.first, 4), 1);
        assert!(health.answered() && health.is_up() && !health.answered());
    }
}
