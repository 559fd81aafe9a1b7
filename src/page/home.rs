//! The start page without sign-in: the projects that have messages, and a field for any other.

use askama::Template;

use super::layout::Layout;
use super::words::Words;

/// The page at the root.
#[derive(Debug, Template)]
#[template(path = "home.html")]
pub struct Home {
    /// The page's frame.
    pub layout: Layout,
    /// The input, if it is not a project id.
    pub refused: Option<String>,
    /// The projects that have messages, by id.
    pub projects: Vec<HeldProject>,
    /// The project after which the next page begins.
    pub next: Option<String>,
}

/// A project that has messages.
#[derive(Debug)]
pub struct HeldProject {
    /// Its id.
    pub id: String,
    /// The address of its messages.
    pub href: String,
    /// The number of its messages, as far as they are counted.
    pub count: i64,
    /// Whether there may be more.
    pub is_more: bool,
}

impl Home {
    /// Renders the page.
    pub fn html(&self) -> String {
        super::text(self)
    }
}

impl HeldProject {
    /// Returns the number in words.
    fn text(&self, words: &Words) -> String {
        if self.is_more {
            words.held_many.replace("{}", &self.count.to_string())
        } else {
            words.held.of(self.count)
        }
    }
}
