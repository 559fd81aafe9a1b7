//! The entry page, which asks for a project.

use askama::Template;

use super::layout::Layout;

/// The page at the root.
#[derive(Debug, Template)]
#[template(path = "home.html")]
pub struct Home {
    /// The page's frame.
    pub layout: Layout,
    /// The input, if it is not a project id.
    pub refused: Option<String>,
}

impl Home {
    /// Renders the page.
    pub fn html(&self) -> String {
        super::text(self)
    }
}
