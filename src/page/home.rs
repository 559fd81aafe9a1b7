//! The door: which project?

use askama::Template;

use super::layout::Layout;

/// The page at the root.
#[derive(Debug, Template)]
#[template(path = "home.html")]
pub struct Home {
    /// What is around it.
    pub layout: Layout,
    /// What was typed, where it is no id of a project.
    pub refused: Option<String>,
}

impl Home {
    /// The page.
    pub fn html(&self) -> String {
        super::text(self)
    }
}
