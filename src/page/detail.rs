//! One message and its timeline.

use askama::Template;

use super::item::{Item, Level};
use super::layout::Layout;
use super::moment::Moment;

/// The page of one message.
#[derive(Debug, Template)]
#[template(path = "detail.html")]
pub struct Detail {
    /// The page's frame.
    pub layout: Layout,
    /// The message.
    pub item: Item,
    /// Whether retrying may succeed.
    pub is_retryable: bool,
    /// Whether the reader may delete.
    pub can_delete: bool,
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
    /// Renders the page.
    pub fn html(&self) -> String {
        super::text(self)
    }
}
