//! The list of a project's messages.

use askama::Template;

use super::{Layout, Moment};

/// A page of messages.
#[derive(Debug, Template)]
#[template(path = "list.html")]
pub struct List {
    /// What is around it.
    pub layout: Layout,
    /// The messages.
    pub items: Vec<Item>,
}

/// One message, or several that say the same of the same resource.
#[derive(Debug)]
pub struct Item {
    /// The id of the newest.
    pub id: String,
    /// What happened.
    pub text: String,
    /// What the user can do; may be empty.
    pub remedy: String,
    /// When the newest came.
    pub last: Moment,
}

impl List {
    /// The page.
    pub fn html(&self) -> String {
        super::text(self)
    }
}
