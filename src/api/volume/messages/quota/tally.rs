//! How many messages a project has, as far as one server knows.

/// A count, and what came since.
#[derive(Debug, Default)]
pub(super) struct Tally {
    counted: u64,
    counted_at: Option<i64>,
    /// How long the count holds, in microseconds.
    lasts: i64,
    /// Taken since the count, recorded or not yet.
    since: u64,
    /// Of these, not yet recorded.
    pending: u64,
}

impl Tally {
    /// Whether the count still holds. One from the future, of a clock that was set back, does not.
    pub(super) fn is_fresh(&self, now: i64) -> bool {
        self.counted_at
            .is_some_and(|at| (0..self.lasts).contains(&(now - at)))
    }

    /// What was recorded since the last count: a count that begins now has all of it.
    pub(super) fn kept(&self) -> u64 {
        self.since.saturating_sub(self.pending)
    }

    /// Notes a new count, before which `kept` had been recorded. What was recorded while it was made, or is still
    /// pending, may be in it or not, and is added: rather too much for a moment than too little. It holds for `lasts`
    /// microseconds.
    pub(super) fn counted(&mut self, count: u64, kept: u64, now: i64, lasts: i64) {
        self.counted = count;
        self.counted_at = Some(now);
        self.lasts = lasts;
        self.since = self.since.saturating_sub(kept);
    }

    /// The messages there are and those that are being recorded.
    pub(super) fn stored(&self) -> u64 {
        self.counted.saturating_add(self.since)
    }

    /// Takes room for `count` more if there are then not more than `most`.
    pub(super) fn take(&mut self, count: u64, most: u64) -> bool {
        let fits = self.stored().saturating_add(count) <= most;
        if fits {
            self.since = self.since.saturating_add(count);
            self.pending = self.pending.saturating_add(count);
        }
        fits
    }

    /// Messages for which room was taken are recorded.
    pub(super) fn keep(&mut self, count: u64) {
        self.pending = self.pending.saturating_sub(count);
    }

    /// They are not.
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
        // Counted while two are under way, which may be in the count already.
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
        // The database counts one; then two more are recorded, and one is not, before the count is noted.
        tally.keep(2);
        tally.give_back(1);
        tally.counted(1, kept, 100, 5);
        assert_eq!(tally.stored(), 3);
        tally.counted(3, tally.kept(), 200, 5);
        assert_eq!(tally.stored(), 3);
    }
}
