//! Waits between failed attempts.

use std::time::Duration;

use uuid::Uuid;

/// Waits that double with each failure, up to a limit.
#[derive(Debug, Clone)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    failures: u32,
}

impl Backoff {
    /// Creates a backoff from the first and the longest wait.
    pub fn new(first: Duration, longest: Duration) -> Self {
        Self {
            first,
            longest,
            failures: 0,
        }
    }

    /// Notes a failure and returns the next wait, a random duration between half of it and all of it, so that servers
    /// which lost the same broker do not return at once.
    pub fn failed(&mut self) -> Duration {
        let rest = self
            .first
            .saturating_mul(2_u32.saturating_pow(self.failures))
            .min(self.longest.max(self.first));
        self.failures = self.failures.saturating_add(1);
        let half = rest / 2;
        half + half * u32::from(Uuid::new_v4().as_bytes()[0]) / 255
    }

    /// Resets the backoff.
    pub fn succeeded(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rests_double_up_to_the_longest() {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(5));
        for want in [1, 2, 4, 5, 5] {
            let rest = backoff.failed();
            assert!(
                rest <= Duration::from_secs(want) && rest >= Duration::from_secs(want) / 2,
                "{rest:?}"
            );
        }
        backoff.succeeded();
        assert!(backoff.failed() <= Duration::from_secs(1));
    }
}
