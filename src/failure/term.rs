//! Lease numbers.

use std::fmt;

/// The number of a lease. Each claim of a notification has a higher one than the claim before, so a late call of an engine that
/// lost its lease is recognized, even if the same engine has claimed the notification again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Term(pub i64);

impl Term {
    /// The number of the next lease.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
