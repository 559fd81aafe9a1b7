//! What a watermark covers: a time, and the last late arrival.

/// Messages created up to a time that had arrived by a turn: what a user has read, or what a page showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// The time, in microseconds since 1970.
    pub until: i64,
    /// The turn of the last late arrival.
    pub turn: i64,
}

impl Seen {
    /// Covers nothing.
    pub(super) const NOTHING: Self = Self {
        until: i64::MIN,
        turn: 0,
    };

    /// Covers everything.
    pub const ALL: Self = Self::until(i64::MAX);

    /// Everything created up to a time, in microseconds since 1970, whenever it arrived.
    pub const fn until(until: i64) -> Self {
        Self {
            until,
            turn: i64::MAX,
        }
    }

    /// No later than `other`, in time and in turn.
    #[must_use]
    pub fn within(self, other: Self) -> Self {
        Self {
            until: self.until.min(other.until),
            turn: self.turn.min(other.turn),
        }
    }

    /// The watermark that covers no more than both together, and the one of the two whose late arrivals it omits.
    pub(super) fn join(self, other: Self) -> (Self, Option<Self>) {
        let (low, high) = if self.turn <= other.turn {
            (self, other)
        } else {
            (other, self)
        };
        if high.until >= low.until {
            (high, None)
        } else {
            (low, Some(high).filter(|_| high.turn > low.turn))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(until: i64, turn: i64) -> Seen {
        Seen { until, turn }
    }

    #[test]
    fn two_watermarks_join_into_one_that_covers_no_more_than_both() {
        for (one, other, joined) in [
            (seen(1, 1), seen(2, 2), (seen(2, 2), None)),
            (seen(2, 1), seen(2, 2), (seen(2, 2), None)),
            (seen(1, 1), seen(2, 1), (seen(2, 1), None)),
            (seen(2, 1), seen(1, 2), (seen(2, 1), Some(seen(1, 2)))),
            (seen(1, 1), Seen::NOTHING, (seen(1, 1), None)),
            (seen(1, 0), Seen::NOTHING, (seen(1, 0), None)),
        ] {
            assert_eq!(one.join(other), joined);
            assert_eq!(other.join(one), joined);
        }
    }
}
