//! One message, with what else happened.

use askama::Template;

use super::item::{Item, Level};
use super::layout::Layout;
use super::moment::Moment;

/// The page of one message.
#[derive(Debug, Template)]
#[template(path = "detail.html")]
pub struct Detail {
    /// What is around it.
    pub layout: Layout,
    /// The message.
    pub item: Item,
    /// Whether doing the same again may work.
    pub is_retryable: bool,
    /// Whether the reader may delete.
    pub can_delete: bool,
    /// This message and others of its request and its resource, the oldest first; none where they
    /// could not be looked up.
    pub timeline: Option<Vec<Step>>,
}

/// A message in the timeline of another.
#[derive(Debug)]
pub struct Step {
    /// The id.
    pub id: String,
    /// How serious it is.
    pub level: Level,
    /// What happened.
    pub text: String,
    /// When it came.
    pub at: Moment,
    /// Whether it is the message that the page is about.
    pub is_this: bool,
    /// Whether it comes from the same request.
    pub is_same_request: bool,
    /// Whether it is about the same resource.
    pub is_same_resource: bool,
}

impl Detail {
    /// The page.
    pub fn html(&self) -> String {
        super::text(self)
    }
}
