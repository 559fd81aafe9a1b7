//! How many deliveries of one listener are claimed and tried at a time.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::listener::Listener;
use crate::store::delivery::DueDelivery;

/// A claimed delivery that is not tried yet.
pub(super) struct Stocked {
    pub(super) listener: Arc<Listener>,
    pub(super) delivery: DueDelivery,
    /// When its claim ends, in microseconds since 1970.
    pub(super) until: i64,
}

/// What is claimed of one listener, and how much may be. A receiver that keeps up is called more and more at a time, and then more
/// and more is claimed ahead of the attempts, so that one transaction serves many; a receiver that fails is called one at a time.
pub(super) struct Lane {
    in_flight: usize,
    window: usize,
    /// How many deliveries may be claimed besides those in flight.
    ahead: usize,
    /// What is claimed and not tried yet.
    pub(super) stock: VecDeque<Stocked>,
    /// Whether it is in the queue of those that may try something.
    pub(super) is_queued: bool,
}

impl Lane {
    /// The window of a listener that was not called yet.
    const FIRST: usize = 4;

    /// How many windows may be claimed ahead.
    pub(super) const WINDOWS_AHEAD: usize = 16;

    pub(super) fn new() -> Self {
        Self {
            in_flight: 0,
            window: Self::FIRST,
            ahead: 0,
            stock: VecDeque::new(),
            is_queued: false,
        }
    }

    /// How many more may be claimed: none until half of them is used up, so that claims are few. `most` are in flight at a time, and
    /// `fair` is its part of what all may claim. One that is claimed alone is never counted against `others`, the room that is left, so
    /// that none waits for the others.
    pub(super) fn room(&self, most: usize, fair: usize, others: usize) -> usize {
        let (held, target) = (self.held(), (self.window.min(most) + self.ahead).min(fair).max(1));
        if held > target / 2 {
            return 0;
        }
        let shared = if held == 0 { others.max(1) } else { others };
        (target - held).min(shared)
    }

    /// Whether one more may be tried, of `most` at a time.
    pub(super) fn may_begin(&self, most: usize) -> bool {
        self.in_flight < self.window.min(most)
    }

    pub(super) fn begun(&mut self) {
        self.in_flight += 1;
    }

    /// Counts one less in flight, which was not tried.
    pub(super) fn passed_over(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
    }

    /// Notes an ended attempt.
    pub(super) fn ended(&mut self, has_failed: bool, most: usize) {
        self.in_flight = self.in_flight.saturating_sub(1);
        if has_failed {
            (self.window, self.ahead) = (1, 0);
        } else if self.window < most {
            self.window = (self.window * 2).min(most);
        } else {
            // No more than was delivered since the last failure, so that giving it back costs little in comparison.
            self.ahead = (self.ahead + 2).min(most * Self::WINDOWS_AHEAD);
        }
    }

    /// Those in flight and those that are claimed besides.
    fn held(&self) -> usize {
        self.in_flight + self.stock.len()
    }

    pub(super) fn is_trying(&self) -> bool {
        self.in_flight > 0
    }

    pub(super) fn is_idle(&self) -> bool {
        self.held() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_grows_with_success_and_is_one_after_a_failure() {
        let mut lane = Lane::new();
        assert_eq!(lane.room(32, 1000, 256), 4);
        (0..4).for_each(|_| lane.begun());
        assert_eq!(lane.room(32, 1000, 256), 0);
        lane.ended(false, 32);
        assert_eq!(lane.room(32, 1000, 256), 5, "of eight, three are in flight");
        (0..3).for_each(|_| lane.ended(true, 32));
        assert_eq!(lane.room(32, 1000, 256), 1);
    }

    #[test]
    fn more_is_claimed_ahead_once_the_window_is_open_until_an_attempt_fails() {
        let mut lane = Lane::new();
        let succeed = |lane: &mut Lane| {
            lane.begun();
            lane.ended(false, 32);
            lane.room(32, 1000, 1000)
        };
        let rooms = [(); 6].map(|()| succeed(&mut lane));
        assert_eq!(rooms, [8, 16, 32, 34, 36, 38]);
        let last = (0..1000).map(|_| succeed(&mut lane)).last();
        assert_eq!(last, Some(544));
        assert_eq!(
            lane.room(32, 40, 1000),
            40,
            "of a hundred listeners each has its part"
        );
        lane.begun();
        lane.ended(true, 32);
        assert_eq!(lane.room(32, 1000, 1000), 1);
    }

    #[test]
    fn no_listener_waits_for_the_others() {
        let mut lane = Lane::new();
        assert_eq!(lane.room(32, 1000, 0), 1);
        lane.begun();
        assert_eq!(lane.room(32, 1000, 0), 0);
    }
}
