//! The states of a message for a user, and their changes.

use crate::named::named;

named! {
    /// What a user has done with a message, in the order of the numbers in the database, from 0.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    pub enum State {
        /// Not read.
        Unread = "unread",
        /// Read, and still in the inbox.
        Read = "read",
        /// Out of the inbox.
        Done = "done",
    }
}

named! {
    /// A change of state.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    pub enum Change {
        /// Unread messages become read.
        Read = "read",
        /// Read and done messages become unread, and return to the inbox.
        Unread = "unread",
        /// Messages leave the inbox.
        Done = "done",
        /// Done messages return to the inbox as read ones.
        Undone = "undone",
    }
}

named! {
    /// A filter by state.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum StateFilter {
        /// Unread messages.
        Unread = "unread",
        /// Messages that are read and not done.
        Read = "read",
        /// Done messages.
        Done = "done",
        /// Everything that is not done.
        Inbox = "inbox",
    }
}

impl State {
    /// Returns the number in the database.
    pub fn number(self) -> i16 {
        self as i16
    }

    /// Returns the state with this number. There are no others; any would count as read.
    pub fn of(number: i16) -> Self {
        let known = Self::ALL.into_iter().find(|state| state.number() == number);
        known.unwrap_or(Self::Read)
    }
}

impl Change {
    /// Returns the state of a message after the change; `None` if it stays as it is.
    pub fn after(self, state: State) -> Option<State> {
        match (self, state) {
            (Self::Read, State::Unread) | (Self::Undone, State::Done) => Some(State::Read),
            (Self::Unread, State::Read | State::Done) => Some(State::Unread),
            (Self::Done, State::Unread | State::Read) => Some(State::Done),
            _ => None,
        }
    }

    /// The messages whose state it can change.
    pub fn concerned(self) -> &'static [StateFilter] {
        match self {
            Self::Read => &[StateFilter::Unread],
            Self::Unread => &[StateFilter::Read, StateFilter::Done],
            Self::Done => &[StateFilter::Inbox],
            Self::Undone => &[StateFilter::Done],
        }
    }
}

impl StateFilter {
    /// Whether any state is selected by both.
    pub fn overlaps(self, other: Self) -> bool {
        let ((first, last), (from, to)) = (self.numbers(), other.numbers());
        first <= to && from <= last
    }

    /// Returns the least and the greatest number of the selected states.
    pub fn numbers(self) -> (i16, i16) {
        let (first, last) = match self {
            Self::Unread => (State::Unread, State::Unread),
            Self::Read => (State::Read, State::Read),
            Self::Done => (State::Done, State::Done),
            Self::Inbox => (State::Unread, State::Read),
        };
        (first.number(), last.number())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_takes_nothing_out_of_the_inbox_and_puts_nothing_back() {
        let after = |change: Change| State::ALL.map(|state| change.after(state));
        assert_eq!(after(Change::Read), [Some(State::Read), None, None]);
        assert_eq!(
            after(Change::Unread),
            [None, Some(State::Unread), Some(State::Unread)]
        );
        assert_eq!(after(Change::Done), [Some(State::Done), Some(State::Done), None]);
        assert_eq!(after(Change::Undone), [None, None, Some(State::Read)]);
        for change in Change::ALL {
            let is_concerned = |state: State| {
                let mut filters = change.concerned().iter().map(|filter| filter.numbers());
                filters.any(|(first, last)| (first..=last).contains(&state.number()))
            };
            for state in State::ALL {
                assert_eq!(
                    change.after(state).is_some(),
                    is_concerned(state),
                    "{change:?} {state:?}"
                );
            }
        }
    }
}
