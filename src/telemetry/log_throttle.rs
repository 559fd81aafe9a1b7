//! Limits a log line that would come with every attempt of a loop to one a minute.

use std::time::{Duration, Instant};

/// The interval between two such lines.
const EVERY: Duration = Duration::from_secs(60);

/// Says whether a repeated line is due, and counts the suppressed ones.
#[derive(Debug, Default)]
pub struct LogThrottle {
    last: Option<Instant>,
    held_back: u64,
}

impl LogThrottle {
    /// If another line is due, returns how many were suppressed since the last one; the first is due at once.
    pub fn due(&mut self) -> Option<u64> {
        self.due_at(Instant::now())
    }

    fn due_at(&mut self, now: Instant) -> Option<u64> {
        if self.last.is_some_and(|last| now.duration_since(last) < EVERY) {
            self.held_back += 1;
            return None;
        }
        self.last = Some(now);
        Some(std::mem::take(&mut self.held_back))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_due_once_a_minute_and_tells_how_many_were_held_back() {
        let (mut log_throttle, start) = (LogThrottle::default(), Instant::now());
        let after = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(log_throttle.due_at(start), Some(0));
        assert_eq!(log_throttle.due_at(after(1)), None);
        assert_eq!(log_throttle.due_at(after(59)), None);
        assert_eq!(log_throttle.due_at(after(60)), Some(2));
        assert_eq!(log_throttle.due_at(after(119)), None);
        assert_eq!(log_throttle.due_at(after(200)), Some(1));
    }
}
