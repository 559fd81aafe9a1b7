//! Limits a rate with bursts, as a token bucket.

/// Microseconds in a minute.
const MINUTE: f64 = 60e6;

/// The bucket of one project.
#[derive(Debug)]
pub(super) struct Bucket {
    /// Tokens that are added per microsecond.
    rate: f64,
    /// Most tokens.
    burst: f64,
    /// Tokens; negative after a batch that is larger than the bucket.
    level: f64,
    at: i64,
}

impl Bucket {
    /// A full bucket.
    pub(super) fn full(per_minute: u64, burst: u64, now: i64) -> Self {
        Self {
            rate: float(per_minute) / MINUTE,
            burst: float(burst),
            level: float(burst),
            at: now,
        }
    }

    /// Takes `count` tokens. A batch larger than the bucket passes when the bucket is full, and later requests wait
    /// longer.
    ///
    /// # Errors
    /// The whole seconds until there are enough tokens, at least one.
    pub(super) fn take(&mut self, count: u64, now: i64) -> Result<(), u64> {
        // A clock that was set back adds no tokens.
        let passed = u64::try_from(now.saturating_sub(self.at)).unwrap_or(0);
        self.level = (self.level + self.rate * float(passed)).min(self.burst);
        self.at = now;
        let needed = float(count).min(self.burst);
        if self.level >= needed {
            self.level -= float(count);
            return Ok(());
        }
        Err(seconds((needed - self.level) / self.rate))
    }

    /// Returns tokens that were not used.
    pub(super) fn give_back(&mut self, count: u64) {
        self.level = (self.level + float(count)).min(self.burst);
    }
}

/// Microseconds as whole seconds, rounded up.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast of a float saturates"
)]
fn seconds(micros: f64) -> u64 {
    ((micros / 1e6).ceil() as u64).max(1)
}

/// Limits and times fit into 53 bits, or nearly so.
#[expect(clippy::cast_precision_loss, reason = "a part in 2^53 does not matter here")]
fn float(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000;

    #[test]
    fn a_burst_passes_and_then_the_rate_holds() {
        let mut bucket = Bucket::full(60, 10, 0);
        assert_eq!(bucket.take(10, 0), Ok(()));
        assert_eq!(bucket.take(1, 0), Err(1));
        assert_eq!(bucket.take(5, SECOND), Err(4));
        assert_eq!(bucket.take(1, SECOND), Ok(()));
        assert_eq!(bucket.take(2, 2 * SECOND), Err(1));
        assert_eq!(bucket.take(2, 3 * SECOND), Ok(()));
        // A long rest adds no more than a burst.
        assert_eq!(bucket.take(10, 1000 * SECOND), Ok(()));
        assert_eq!(bucket.take(1, 1000 * SECOND), Err(1));
    }

    #[test]
    fn what_is_given_back_can_be_taken_again_but_fills_it_no_further() {
        let mut bucket = Bucket::full(60, 10, 0);
        assert_eq!(bucket.take(8, 0), Ok(()));
        bucket.give_back(3);
        assert_eq!((bucket.take(6, 0), bucket.take(5, 0)), (Err(1), Ok(())));
        bucket.give_back(100);
        assert_eq!((bucket.take(10, 0), bucket.take(1, 0)), (Ok(()), Err(1)));
    }

    #[test]
    fn a_batch_larger_than_the_bucket_passes_when_it_is_full() {
        let mut bucket = Bucket::full(60, 10, 0);
        assert_eq!(bucket.take(1, 0), Ok(()));
        assert_eq!(bucket.take(25, 0), Err(1));
        assert_eq!(bucket.take(25, SECOND), Ok(()));
        assert_eq!(bucket.take(1, SECOND), Err(16));
        assert_eq!(bucket.take(1, 17 * SECOND), Ok(()));
    }

    #[test]
    fn a_clock_that_is_set_back_fills_nothing() {
        let mut bucket = Bucket::full(60, 1, 100 * SECOND);
        assert_eq!(bucket.take(1, 100 * SECOND), Ok(()));
        assert_eq!(bucket.take(1, 0), Err(1));
        assert_eq!(bucket.take(1, SECOND), Ok(()));
    }
}
