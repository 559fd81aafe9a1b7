//! Which rows may be new, by when they expire.
//!
//! A service sets `expires_at` to the time of creation plus its `message_ttl`, so new rows come at the end. Rows are committed
//! some time later, by several hosts whose clocks differ, so each look goes back a little and passes over what it knows. Rows far
//! beyond the end have another time to live. They are left to the walk, which also learns from them.

use std::collections::BTreeSet;

use crate::message::time;
use crate::store::follow::FollowPosition;
use crate::store::foreign::{ExpiryRange, ForeignRow};

/// How far each look goes back, in microseconds: longer than a row takes from its creation to its commit.
const BACK: i64 = 60 * time::SECOND;

/// How far the clocks of the service may be ahead, in microseconds.
const AHEAD: i64 = 600 * time::SECOND;

/// The default of `message_ttl` in both services, in microseconds.
const DEFAULT_TTL: i64 = 2_592_000 * time::SECOND;

/// A smaller difference is due to rounding, or to the time between the two columns, in microseconds.
const SAME_TTL: i64 = 10 * time::SECOND;

/// The most rows of a look.
pub(super) const LOOK: i64 = 500;

/// Where to look for new rows.
pub(super) struct Window {
    /// How far the table has been read.
    pub(super) position: FollowPosition,
    /// The rows found from where looks begin, in the order of expiry.
    known: BTreeSet<(i64, String)>,
    /// The last row of a full page, whose look continues after it.
    after: Option<(i64, String)>,
    /// The creation time of the row that the time to live was learnt from.
    learnt: i64,
}

impl Window {
    /// The position of a table that was never read before `now`, in microseconds since 1970.
    pub(super) fn beginning(now: i64) -> FollowPosition {
        FollowPosition {
            expires_at: now.saturating_add(DEFAULT_TTL),
            ttl: DEFAULT_TTL,
            walked: String::new(),
            since: now,
        }
    }

    /// Continues from a position.
    pub(super) fn from(position: FollowPosition) -> Self {
        let begun = Self::beginning(position.since);
        // Every row teaches the first time to live; afterwards only newer ones, or old ones would bring back a former time.
        let is_begun = (position.expires_at, position.ttl) == (begun.expires_at, begun.ttl);
        Self {
            learnt: if is_begun {
                i64::MIN
            } else {
                position.expires_at.saturating_sub(position.ttl)
            },
            position,
            known: BTreeSet::new(),
            after: None,
        }
    }

    /// Returns where to look.
    pub(super) fn range(&self, now: i64) -> ExpiryRange {
        let until = now.saturating_add(self.position.ttl).saturating_add(AHEAD);
        ExpiryRange {
            from: self.position.expires_at.min(until).saturating_sub(BACK),
            until,
            after: self.after.clone(),
            limit: LOOK,
        }
    }

    /// Returns which of the rows found there are not known.
    pub(super) fn unknown(&self, found: &[(i64, String)]) -> Vec<String> {
        let new = found.iter().filter(|row| !self.known.contains(*row));
        new.map(|(_, id)| id.clone()).collect()
    }

    /// The position once the rows found have been recorded. It is never ahead of the own clock: a host whose clock is fast would
    /// hide the rows of all others from the next looks.
    pub(super) fn after(&self, found: &[(i64, String)], now: i64) -> FollowPosition {
        let last = found.last().map_or(i64::MIN, |(at, _)| *at);
        let present = now.saturating_add(self.position.ttl);
        FollowPosition {
            expires_at: self.position.expires_at.max(last.min(present)),
            ..self.position.clone()
        }
    }

    /// Notes that the rows found were recorded. Returns whether the look continues.
    pub(super) fn recorded(&mut self, found: Vec<(i64, String)>, now: i64) -> bool {
        self.position = self.after(&found, now);
        let is_full = i64::try_from(found.len()).is_ok_and(|length| length >= LOOK);
        self.after = found.last().filter(|_| is_full).cloned();
        self.known.extend(found);
        let first = (self.range(now).from, String::new());
        self.known = self.known.split_off(&first);
        is_full
    }

    /// Learns the time to live from the newest of these [`times`]. If it has changed, the next look begins at that row.
    pub(super) fn learn(&mut self, times: &[(i64, i64)], now: i64) {
        for &(created, expires) in times {
            // A row of the future would keep later ones from teaching anything.
            let is_sound = created <= now.saturating_add(AHEAD) && created < expires;
            if !is_sound || created <= self.learnt {
                continue;
            }
            self.learnt = created;
            let ttl = expires.saturating_sub(created);
            if ttl.abs_diff(self.position.ttl) > SAME_TTL.unsigned_abs() {
                self.position.ttl = ttl;
                self.position.expires_at = expires.min(now.saturating_add(ttl));
                self.after = None;
            }
        }
    }
}

/// Returns when rows that expire were created, and when they expire.
pub(super) fn times(rows: &[ForeignRow]) -> Vec<(i64, i64)> {
    rows.iter()
        .filter_map(|row| Some((row.created_at()?, row.expires_at()?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_231_224_000_000;
    const DAY: i64 = 86_400 * time::SECOND;

    fn window() -> Window {
        Window::from(Window::beginning(NOW))
    }

    /// A row that expires so many seconds after the default time to live.
    fn row(second: i64) -> (i64, String) {
        (NOW + DEFAULT_TTL + second * time::SECOND, second.to_string())
    }

    #[test]
    fn a_fast_clock_does_not_hide_the_rows_of_others() {
        let mut window = window();
        window.recorded(vec![row(0), row(300)], NOW);
        let later = NOW + 10 * time::SECOND;
        let range = window.range(later);
        let other = row(10);
        assert!(range.from <= other.0 && other.0 <= range.until);
        assert_eq!(
            window.unknown(&[row(0), other.clone(), row(300)]),
            [other.1],
            "the others are known"
        );
    }

    #[test]
    fn what_looks_pass_over_is_forgotten() {
        let mut window = window();
        window.recorded(vec![row(0), row(10)], NOW);
        window.recorded(vec![row(65)], NOW + 65 * time::SECOND);
        assert_eq!(window.unknown(&[row(0), row(10), row(65)]), ["0"]);
    }

    #[test]
    fn the_time_to_live_is_learnt_from_rows_of_the_present() {
        let mut window = window();
        window.learn(&[(NOW - 9 * DAY, NOW - 7 * DAY)], NOW);
        assert_eq!(window.position.ttl, 2 * DAY, "the first one");
        window.learn(&[(NOW + DAY, NOW + 2 * DAY), (NOW - 1, NOW - 2)], NOW);
        assert_eq!(window.position.ttl, 2 * DAY, "impossible times");
        window.learn(&[(NOW - DAY, NOW + 4 * DAY)], NOW);
        assert_eq!(
            (window.position.ttl, window.position.expires_at),
            (5 * DAY, NOW + 4 * DAY)
        );
    }

    #[test]
    fn old_rows_do_not_bring_back_a_former_time_to_live_after_a_restart() {
        let mut before = window();
        before.learn(&[(NOW - DAY, NOW + DAY)], NOW);
        let mut window = Window::from(before.position);
        window.learn(&[(NOW - 9 * DAY, NOW + 21 * DAY)], NOW);
        assert_eq!(window.position.ttl, 2 * DAY);
    }
}
