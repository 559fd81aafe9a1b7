//! The number of a project's messages, as far as one server knows.

/// A count, and the messages since.
#[derive(Debug, Default)]
pub(super) struct Tally {
    counted: u64,
    counted_at: Option<i64>,
    /// How long the count holds, in microseconds.
    lasts: i64,
    /// Reserved since the count.
    since: u64,
    /// Reserved but not yet recorded.
    pending: u64,
}

impl Tally {
    /// Whether the count still holds. A count from the future, of a clock that was set back, does not.
    pub(super) fn is_fresh(&self, now: i64) -> bool {
        self.counted_at
            .is_some_and(|at| (0..self.lasts).contains(&(now - at)))
    }

    /// The messages recorded since the last count, which a count that begins now includes.
    pub(super) fn kept(&self) -> u64 {
        self.since.saturating_sub(self.pending)
    }

    /// Sets a new count, which includes the `kept` messages and holds for `lasts` microseconds. Messages that were
    /// recorded during the count, or are pending, may be in it; they are added, which may overestimate for a moment.
    pub(super) fn counted(&mut self, count: u64, kept: u64, now: i64, lasts: i64) {
        self.counted = count;
        self.counted_at = Some(now);
        self.lasts = lasts;
        self.since = self.since.saturating_sub(kept);
    }

    /// The number of messages, including pending ones.
    pub(super) fn stored(&self) -> u64 {
        self.counted.saturating_add(self.since)
    }

    /// Reserves `count` messages if that makes no more than `most`.
    pub(super) fn take(&mut self, count: u64, most: u64) -> bool {
        let fits = self.stored().saturating_add(count) <= most;
        if fits {
            self.since = self.since.saturating_add(count);
            self.pending = self.pending.saturating_add(count);
        }
        fits
    }

    /// Marks reserved messages as recorded.
    pub(super) fn keep(&mut self, count: u64) {
        self.pending = self.pending.saturating_sub(count);
    }

    /// Returns reserved messages that were not recorded.
    pub(super) fn give_back(&mut self, count: u64) {
        self.pending = self.pending.saturating_sub(count);
        self.since = self.since.saturating_sub(count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_counts_until_it_is_given_back_or_counted() {
        let mut tally = Tally::default();
        assert!(!tally.is_fresh(0));
        tally.counted(7, 0, 100, 5);
        assert!(tally.is_fresh(104) && !tally.is_fresh(105) && !tally.is_fresh(99));
        assert!(tally.take(2, 10) && !tally.take(2, 10) && tally.take(1, 10));
        tally.give_back(2);
        tally.keep(1);
        assert_eq!(tally.stored(), 8);
        assert!(tally.take(2, 10));
        // Counted while two are pending, which the count may include.
        tally.counted(10, tally.kept(), 200, 5);
        assert_eq!(tally.stored(), 12);
        tally.keep(2);
        tally.counted(10, tally.kept(), 300, 5);
        assert_eq!(tally.stored(), 10);
    }

    #[test]
    fn what_is_recorded_while_a_count_is_made_is_not_forgotten() {
        let mut tally = Tally::default();
        tally.counted(0, 0, 0, 5);
        assert!(tally.take(4, 10));
        tally.keep(1);
        let kept = tally.kept();
        // The database counts one; before the count is set, two more are recorded and one is not.
        tally.keep(2);
        tally.give_back(1);
        tally.counted(1, kept, 100, 5);
        assert_eq!(tally.stored(), 3);
        tally.counted(3, tally.kept(), 200, 5);
        assert_eq!(tally.stored(), 3);
    }
}
