//! One message and its timeline.

use super::item::{Item, Level};
use super::moment::Moment;
use crate::catalog::Code;
use crate::message::State;

/// An open message.
#[derive(Debug)]
pub struct Detail {
    /// The message, with the number of its repeats and the time of the oldest.
    pub item: Item,
    /// What its forms change: the message and its repeats.
    pub selection: String,
    /// Whether they are a row of the list. Otherwise the filters of the list do not apply to them.
    pub is_listed: bool,
    /// Their state: unread if any is, done if all are; `None` for users without states.
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
    /// Whether any of them is unread.
    pub fn is_unread(&self) -> bool {
        self.state == Some(State::Unread)
    }

    /// Whether all of them are out of the inbox.
    pub fn is_done(&self) -> bool {
        self.state == Some(State::Done)
    }

    /// Whether the catalog has an entry for its code.
    pub fn has_entry(&self) -> bool {
        Code::parse(&self.item.code).is_some()
    }
}
