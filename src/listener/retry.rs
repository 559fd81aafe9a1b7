//! When failed deliveries are tried again.

use std::time::Duration;

/// The most retries.
const MOST: usize = 30;

/// The longest wait, a week.
const LONGEST: u32 = 604_800;

impl RetrySchedule {
    /// The longest wait, up to a fifth longer than written.
    pub const LONGEST: Duration = Duration::from_secs(LONGEST as u64 / 5 * 6);
}

/// The waits before each retry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetrySchedule(Vec<u32>);

impl Default for RetrySchedule {
    /// The schedule that Standard Webhooks recommends: ten attempts in three days.
    fn default() -> Self {
        const MINUTE: u32 = 60;
        const HOUR: u32 = 3600;
        Self(vec![
            5,
            5 * MINUTE,
            30 * MINUTE,
            2 * HOUR,
            5 * HOUR,
            10 * HOUR,
            14 * HOUR,
            20 * HOUR,
            24 * HOUR,
        ])
    }
}

impl RetrySchedule {
    /// Takes waits in seconds.
    ///
    /// # Errors
    /// What is allowed.
    pub fn new(seconds: Vec<u32>) -> Result<Self, String> {
        if seconds.len() > MOST || seconds.iter().any(|wait| !(1..=LONGEST).contains(wait)) {
            return Err(format!("must be at most {MOST} waits of 1 to {LONGEST} seconds"));
        }
        Ok(Self(seconds))
    }

    /// Returns the waits in seconds.
    pub fn seconds(&self) -> &[u32] {
        &self.0
    }

    /// Returns the wait after this many failed attempts, up to a fifth shorter or longer; `None` if there is no further
    /// attempt. `jitter` is 0 to 1: receivers that fail together shall not be called together.
    pub fn after(&self, failures: usize, jitter: f64) -> Option<Duration> {
        let wait = self.0.get(failures.checked_sub(1)?)?;
        Some(Duration::from_secs(u64::from(*wait)).mul_f64(0.4f64.mul_add(jitter.clamp(0.0, 1.0), 0.8)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_ends_after_ten_attempts_in_three_days() {
        let schedule = RetrySchedule::default();
        let waits: Vec<_> = (1..=10).map(|failures| schedule.after(failures, 0.5)).collect();
        assert_eq!(waits[0], Some(Duration::from_secs(5)));
        assert_eq!(waits[8], Some(Duration::from_secs(86_400)));
        assert_eq!(waits[9], None);
        let all: Duration = waits.into_iter().flatten().sum();
        assert_eq!(all.as_secs(), 272_105, "75.6 hours");
        assert_eq!(schedule.after(1, 0.0), Some(Duration::from_secs(4)));
        assert_eq!(schedule.after(1, 1.0), Some(Duration::from_secs(6)));
    }
}
