//! The state machine of a notification.

use crate::named::named;

named! {
    /// The status of a notification.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    pub enum Status {
        /// It was accepted, and waits to be judged or worked on.
        New = "new",
        /// An engine works on it.
        Running = "running",
        /// All is done.
        Finished = "finished",
        /// An attempt failed; there will be another one.
        Error = "error",
        /// It was given up.
        Failed = "failed",
        /// It needed no work, or was withdrawn.
        Ignored = "ignored",
    }
}

/// What changes the status of a notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// An engine takes it, also in place of an engine that lost its lease.
    Claim,
    /// The work is done, or there is none to do.
    Finish,
    /// It is judged to need no work, or an operator withdraws it.
    Ignore,
    /// An attempt fails.
    Break,
    /// All attempts have failed, or it is too old.
    GiveUp,
    /// An operator orders another attempt.
    Retry,
}

impl Status {
    /// Whether nothing but an operator's retry changes it.
    pub fn is_final(self) -> bool {
        match self {
            Self::New | Self::Running | Self::Error => false,
            Self::Finished | Self::Failed | Self::Ignored => true,
        }
    }

    /// The transition table: the status that follows an action; none where the action is not allowed.
    pub fn after(self, action: Action) -> Option<Self> {
        match (self, action) {
            (Self::New | Self::Error | Self::Running, Action::Claim) => Some(Self::Running),
            (Self::New | Self::Error | Self::Running, Action::Finish) => Some(Self::Finished),
            (Self::New | Self::Error | Self::Running, Action::Ignore) => Some(Self::Ignored),
            (Self::New | Self::Error | Self::Running, Action::GiveUp) => Some(Self::Failed),
            (Self::Running, Action::Break) => Some(Self::Error),
            (Self::Error | Self::Failed, Action::Retry) => Some(Self::New),
            (Self::New | Self::Error, Action::Break)
            | (Self::New | Self::Running, Action::Retry)
            | (
                Self::Finished | Self::Ignored,
                Action::Claim
                | Action::Finish
                | Action::Ignore
                | Action::Break
                | Action::GiveUp
                | Action::Retry,
            )
            | (
                Self::Failed,
                Action::Claim | Action::Finish | Action::Ignore | Action::Break | Action::GiveUp,
            ) => None,
        }
    }
}

impl Action {
    /// Every action.
    pub const ALL: [Self; 6] = [
        Self::Claim,
        Self::Finish,
        Self::Ignore,
        Self::Break,
        Self::GiveUp,
        Self::Retry,
    ];
}
