//! How long an answer waits for a slow client.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Bytes of waiting answers above which patience is shorter: a hundred of the largest pages.
const BUDGET: usize = 64 << 20;

/// Bytes of waiting answers at which patience ends.
const MOST: usize = 4 * BUDGET;

/// Patience while the budget is exceeded: a round trip or two, even by satellite.
const SHORT: Duration = Duration::from_secs(2);

/// The least average rate of a client, in bytes per second.
const RATE: u32 = 1 << 10;

/// The same while the budget is exceeded.
const SHORT_RATE: u32 = 32 << 10;

/// The answers of all connections that wait for their clients.
#[derive(Clone, Default)]
pub struct Backlog(Arc<AtomicUsize>);

/// One waiting answer. Dropping it returns its bytes.
pub struct Share {
    backlog: Backlog,
    bytes: usize,
}

impl Backlog {
    /// Adds an answer.
    pub fn join(&self, bytes: usize) -> Share {
        self.0.fetch_add(bytes, Ordering::Relaxed);
        Share {
            backlog: self.clone(),
            bytes,
        }
    }
}

impl Share {
    /// Whether to give up on a client, from how long it was waited for, what it took, and how long it has taken
    /// nothing.
    pub fn is_too_slow(&self, patience: Duration, waited: Duration, taken: usize, idle: Duration) -> bool {
        let waiting = self.backlog.0.load(Ordering::Relaxed);
        let (patience, rate) = match waiting {
            0..=BUDGET => (patience, RATE),
            _ if waiting <= MOST => (patience.min(SHORT), SHORT_RATE),
            _ => (Duration::ZERO, SHORT_RATE),
        };
        let earned = Duration::from_secs(taken as u64) / rate;
        idle >= patience || waited >= patience.saturating_add(earned)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.backlog.0.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(30);

    fn patience(share: &Share, taken: usize) -> u64 {
        (0..1000)
            .find(|waited| share.is_too_slow(PATIENCE, Duration::from_secs(*waited), taken, Duration::ZERO))
            .unwrap()
    }

    #[test]
    fn a_client_that_takes_something_is_given_more_time() {
        let share = Backlog::default().join(1000);
        assert_eq!(patience(&share, 0), 30);
        assert_eq!(patience(&share, 60 << 10), 90);
    }

    #[test]
    fn a_client_that_has_stopped_is_given_none() {
        let share = Backlog::default().join(1000);
        let stopped = |idle| share.is_too_slow(PATIENCE, PATIENCE, 1 << 20, Duration::from_secs(idle));
        assert_eq!((stopped(29), stopped(30)), (false, true));
    }

    #[test]
    fn patience_ends_sooner_while_much_waits() {
        let backlog = Backlog::default();
        let share = backlog.join(BUDGET);
        assert_eq!(patience(&share, 0), 30);
        let more = backlog.join(BUDGET);
        assert_eq!(patience(&share, 0), 2);
        assert_eq!(patience(&share, 64 << 10), 4);
        let most = backlog.join(MOST - 2 * BUDGET + 1);
        assert_eq!(patience(&most, 0), 0);
        drop((more, most));
        assert_eq!(patience(&share, 0), 30);
    }
}
