//! One message and its timeline.

use super::item::{Item, Level};
use super::moment::Moment;
use crate::catalog::Code;
use crate::message::State;

/// An open message.
#[derive(Debug)]
pub struct Detail {
    /// The message, or the group of repeats that the list shows.
    pub item: Item,
    /// Its state; `None` for users without states.
    pub state: Option<State>,
    /// Whether retrying may succeed.
    pub is_retryable: bool,
    /// This message and others of its request and its resource, oldest first; `None` if they could not be looked up.
    pub timeline: Option<Vec<Step>>,
}

/// A message in a timeline.
#[derive(Debug)]
pub struct Step {
    /// The id.
    pub id: String,
    /// How serious it is.
    pub level: Level,
    /// What happened.
    pub text: String,
    /// When it was recorded.
    pub at: Moment,
    /// Whether it is the page's message.
    pub is_this: bool,
    /// Whether it has the same request.
    pub is_same_request: bool,
    /// Whether it has the same resource.
    pub is_same_resource: bool,
}

impl Detail {
    /// Whether it is unread.
    pub fn is_unread(&self) -> bool {
        self.state == Some(State::Unread)
    }

    /// Whether it is out of the inbox.
    pub fn is_done(&self) -> bool {
        self.state == Some(State::Done)
    }

    /// Whether the catalog has an entry for its code.
    pub fn has_entry(&self) -> bool {
        Code::parse(&self.item.code).is_some()
    }
}
