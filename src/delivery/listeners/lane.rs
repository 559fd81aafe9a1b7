//! How many deliveries of one listener are tried at a time.

/// The attempts of one listener that are in flight, and how many may be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lane {
    in_flight: usize,
    window: usize,
}

impl Lane {
    /// The window of a listener that was not called yet.
    const FIRST: usize = 4;

    pub(super) fn new() -> Self {
        Self {
            in_flight: 0,
            window: Self::FIRST,
        }
    }

    /// How many more may be claimed: none until half of the window is free, so that claims are few. One that is in flight alone is
    /// never counted against `others`, the room that all listeners share, so that none waits for the others.
    pub(super) fn room(&self, most: usize, others: usize) -> usize {
        let window = self.window.min(most);
        if self.in_flight > window / 2 {
            return 0;
        }
        let shared = if self.in_flight == 0 {
            others.max(1)
        } else {
            others
        };
        (window - self.in_flight).min(shared)
    }

    pub(super) fn claimed(&mut self, count: usize) {
        self.in_flight += count;
    }

    /// Notes ended attempts: a receiver that fails is called one at a time, one that keeps up is called more and more.
    pub(super) fn settled(&mut self, count: usize, has_failed: bool, most: usize) {
        self.in_flight = self.in_flight.saturating_sub(count);
        self.window = if has_failed {
            1
        } else {
            (self.window * 2).min(most)
        };
    }

    pub(super) fn is_idle(&self) -> bool {
        self.in_flight == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_grows_with_success_and_is_one_after_a_failure() {
        let mut lane = Lane::new();
        assert_eq!(lane.room(32, 256), 4);
        lane.claimed(4);
        assert_eq!(lane.room(32, 256), 0);
        lane.settled(1, false, 32);
        assert_eq!(lane.room(32, 256), 5, "of eight, three are in flight");
        (0..3).for_each(|_| lane.settled(1, true, 32));
        assert_eq!(lane.room(32, 256), 1);
    }

    #[test]
    fn nobody_waits_for_others() {
        let mut lane = Lane::new();
        assert_eq!(lane.room(32, 0), 1);
        lane.claimed(1);
        assert_eq!(lane.room(32, 0), 0);
    }
}
