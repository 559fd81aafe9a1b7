//! The question before messages are deleted.

use askama::Template;

use super::item::Item;
use super::layout::Layout;

/// The page that names what would be deleted.
#[derive(Debug, Template)]
#[template(path = "delete.html")]
pub struct Delete {
    /// What is around it.
    pub layout: Layout,
    /// What was selected and is still there, with the ids that each stands for.
    pub chosen: Vec<(Item, Vec<String>)>,
    /// The query string of the list to go back to.
    pub list: String,
}

impl Delete {
    /// The page.
    pub fn html(&self) -> String {
        super::text(self)
    }

    fn count(&self) -> i64 {
        self.chosen.iter().map(|(item, _)| item.count).sum()
    }
}
