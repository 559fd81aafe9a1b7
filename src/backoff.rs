//! Waits between failed attempts.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};

/// The most failures that lengthen the wait; every limit is reached before.
const MOST_DOUBLINGS: usize = 40;

/// Waits that double with each failure, up to a limit. Each is a random duration between half of that and all of it, so that
/// servers which lost the same peer do not return at once.
#[derive(Debug, Clone)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    failures: usize,
}

impl Backoff {
    /// Creates a backoff from the first and the longest wait.
    pub fn new(first: Duration, longest: Duration) -> Self {
        Self {
            first,
            longest: longest.max(first),
            failures: 0,
        }
    }

    /// Notes a failure and returns the next wait.
    pub fn failed(&mut self) -> Duration {
        self.failures = self.failures.saturating_add(1);
        self.after(self.failures)
    }

    /// Returns the wait after this number of failures in a row.
    pub fn after(&self, failures: usize) -> Duration {
        // The jitter adds up to the same amount.
        let mut rests = ExponentialBuilder::new()
            .with_min_delay(self.first / 2)
            .with_max_delay(self.longest / 2)
            .without_max_times()
            .with_jitter()
            .build();
        let earlier = failures.saturating_sub(1).min(MOST_DOUBLINGS);
        rests.nth(earlier).unwrap_or(self.longest)
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
        for (failures, want) in [1, 2, 4, 5, 5].into_iter().enumerate() {
            for rest in [backoff.failed(), backoff.after(failures + 1)] {
                assert!(
                    rest <= Duration::from_secs(want) && rest >= Duration::from_secs(want) / 2,
                    "{rest:?}"
                );
            }
        }
        backoff.succeeded();
        assert!(backoff.failed() <= Duration::from_secs(1));
    }

    #[test]
    fn a_first_rest_longer_than_the_longest_stays() {
        let mut backoff = Backoff::new(Duration::from_secs(4), Duration::from_secs(1));
        for _ in 0..100 {
            let rest = backoff.failed();
            assert!((2..=4).contains(&rest.as_secs()), "{rest:?}");
        }
        assert_eq!(
            Backoff::new(Duration::ZERO, Duration::ZERO).after(99),
            Duration::ZERO
        );
    }
}
