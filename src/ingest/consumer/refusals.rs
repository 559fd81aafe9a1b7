//! Limits the log lines about refused orders, so that other senders on the bus cannot flood the log.

use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// The most log lines per [`SPAN`].
const MOST: u32 = 10;

/// See [`MOST`].
const SPAN: Duration = Duration::from_secs(60);

/// Counts recent log lines.
#[derive(Debug, Default)]
pub(super) struct Refusals(Mutex<RefusalCount>);

#[derive(Debug, Default)]
struct RefusalCount {
    since: Option<Instant>,
    count: u32,
    untold: u64,
}

impl Refusals {
    /// Notes a refusal. Returns the number of unlogged ones before it if it is to be logged.
    pub(super) fn note(&self, now: Instant) -> Option<u64> {
        let mut state = self.0.lock();
        let is_over = state
            .since
            .is_none_or(|since| now.saturating_duration_since(since) >= SPAN);
        if is_over {
            state.since = Some(now);
            state.count = 0;
        }
        if state.count == MOST {
            state.untold += 1;
            return None;
        }
        state.count += 1;
        Some(std::mem::take(&mut state.untold))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_told_of_in_a_few_lines() {
        let (refusals, begin) = (Refusals::default(), Instant::now());
        let told: Vec<u64> = (0..1000).filter_map(|_| refusals.note(begin)).collect();
        assert_eq!(told, [0; 10]);
        assert_eq!(refusals.note(begin + SPAN / 2), None);
        let later = begin + SPAN;
        assert_eq!((refusals.note(later), refusals.note(later)), (Some(991), Some(0)));
    }
}
