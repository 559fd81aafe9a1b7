//! The confirmation before messages are deleted.

use askama::Template;

use super::item::Item;
use super::layout::Layout;

/// The page that lists what would be deleted.
#[derive(Debug, Template)]
#[template(path = "delete.html")]
pub struct Delete {
    /// The page's frame.
    pub layout: Layout,
    /// The selected items that still exist, with the ids that each stands for.
    pub chosen: Vec<(Item, Vec<String>)>,
    /// The query string of the list to return to.
    pub list: String,
}

impl Delete {
    /// Renders the page.
    pub fn html(&self) -> String {
        super::text(self)
    }

    fn count(&self) -> i64 {
        self.chosen.iter().map(|(item, _)| item.count).sum()
    }
}
