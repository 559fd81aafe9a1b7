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
    /// The rows of the last minute, in the order of expiry.
    known: BTreeSet<(i64, String)>,
    /// The last row of a full page, whose look continues after it.
    after: Option<(i64, String)>,
    /// The creation time of the row that the time to live was learnt from.
    learnt: i64,
}

impl Window {
    /// Continues from a position, or begins at `now` (microseconds since 1970).
    pub(super) fn from(position: Option<FollowPosition>, now: i64) -> Self {
        let begin = || FollowPosition {
            expires_at: now.saturating_add(DEFAULT_TTL),
            ttl: DEFAULT_TTL,
            walked: String::new(),
            since: now,
        };
        Self {
            position: position.unwrap_or_else(begin),
            known: BTreeSet::new(),
            after: None,
            learnt: i64::MIN,
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

    /// The position once the rows found have been recorded.
    pub(super) fn after(&self, found: &[(i64, String)]) -> FollowPosition {
        let last = found.last().map_or(i64::MIN, |(at, _)| *at);
        FollowPosition {
            expires_at: self.position.expires_at.max(last),
            ..self.position.clone()
        }
    }

    /// Notes that the rows found were recorded. Returns whether the look continues.
    pub(super) fn recorded(&mut self, found: Vec<(i64, String)>) -> bool {
        self.position = self.after(&found);
        let is_full = i64::try_from(found.len()).is_ok_and(|length| length >= LOOK);
        self.after = found.last().filter(|_| is_full).cloned();
        self.known.extend(found);
        let first = (self.position.expires_at.saturating_sub(BACK), String::new());
        self.known = self.known.split_off(&first);
        is_full
    }

    /// Learns the time to live from the newest of these rows. If it has changed, the next look begins at that row.
    pub(super) fn learn(&mut self, rows: &[ForeignRow]) {
        for row in rows {
            let (Some(created), Some(expires)) = (row.created_at(), row.expires_at()) else {
                continue;
            };
            if created <= self.learnt {
                continue;
            }
            self.learnt = created;
            let ttl = expires.saturating_sub(created);
            if ttl.abs_diff(self.position.ttl) > SAME_TTL.unsigned_abs() {
                self.position.ttl = ttl;
                self.position.expires_at = expires;
                self.after = None;
            }
        }
    }
}
