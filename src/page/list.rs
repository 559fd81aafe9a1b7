//! The list of a project's messages.

use askama::Template;

use super::filters::{Filters, Sort};
use super::item::Item;
use super::layout::Layout;
use super::words::Words;

/// A page of messages.
#[derive(Debug, Template)]
#[template(path = "list.html")]
#[expect(clippy::struct_excessive_bools, reason = "each states a fact of its own")]
pub struct List {
    /// The page's frame.
    pub layout: Layout,
    /// The filters in effect.
    pub filters: Filters,
    /// Whether the earlier and the later time are unreadable.
    pub bad: (bool, bool),
    /// Whether only a part of the text was searched for.
    pub is_text_cut: bool,
    /// Whether only a part of another filter was searched for.
    pub is_cut: bool,
    /// The resource types, as (type, name), sorted by name.
    pub resource_types: Vec<(&'static str, &'static str)>,
    /// The messages.
    pub items: Vec<Item>,
    /// Whether the marker of this page is gone.
    pub is_gone: bool,
    /// Whether the reader may delete.
    pub can_delete: bool,
    /// The number of messages just deleted.
    pub deleted: Option<i64>,
    /// The number of messages just marked as read.
    pub marked: Option<i64>,
    /// The unread messages; `None` for users without read marks.
    pub unread: Option<Unread>,
    /// The query string of this page of the list, to return to.
    pub place: String,
    /// The query string for `-/news`: where new messages start.
    pub news: String,
    /// Whether there are pages before this one.
    pub has_first: bool,
    /// The marker of the previous page.
    pub previous: Option<String>,
    /// The marker of the next page.
    pub next: Option<String>,
}

/// The unread messages of a list.
#[derive(Debug, Clone)]
pub struct Unread {
    /// The number of messages, as far as they are counted.
    pub count: i64,
    /// Whether there may be more.
    pub is_more: bool,
    /// The newest time that the page can show, in wire form; nothing newer can be marked as read from it.
    pub until: String,
    /// The last late arrival that the page can show; none after it can be marked as read from it.
    pub turn: i64,
}

impl List {
    /// Renders the page.
    pub fn html(&self) -> String {
        super::text(self)
    }

    /// Whether any action applies to selected messages.
    fn can_select(&self) -> bool {
        self.can_delete || self.unread.is_some()
    }

    fn levels(&self) -> [(&'static str, &'static str); 3] {
        let w = self.layout.words();
        [("ERROR", w.error), ("WARNING", w.warning), ("INFO", w.info)]
    }

    /// Returns the requested level if the form does not offer it.
    fn other_level(&self) -> Option<&str> {
        let wanted = self.filters.message_level.as_str();
        let is_offered = wanted.is_empty() || self.levels().iter().any(|(level, _)| *level == wanted);
        (!is_offered).then_some(wanted)
    }

    /// Returns the requested resource type if the form does not offer it.
    fn other_type(&self) -> Option<&str> {
        let wanted = self.filters.resource_type.as_str();
        let is_offered = wanted.is_empty() || self.resource_types.iter().any(|(name, _)| *name == wanted);
        (!is_offered).then_some(wanted)
    }

    fn sorts(&self) -> [(Sort, &'static str); 5] {
        let w = self.layout.words();
        [
            (Sort::Newest, w.newest),
            (Sort::Oldest, w.oldest),
            (Sort::Level, w.errors_first),
            (Sort::Resource, w.by_resource),
            (Sort::Code, w.by_code),
        ]
    }
}

impl Unread {
    /// Returns the number to show before the title.
    pub fn number(&self) -> String {
        format!("{}{}", self.count, if self.is_more { "+" } else { "" })
    }

    /// Returns the number in words.
    pub fn text(&self, words: &Words) -> String {
        if self.count == 0 {
            // The count goes back only so far, and everything in that range is read.
            words.unread_older.to_owned()
        } else if self.is_more {
            words.unread_many.replace("{}", &self.count.to_string())
        } else {
            words.unread_count.of(self.count)
        }
    }
}
