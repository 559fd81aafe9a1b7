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
    /// What is around it.
    pub layout: Layout,
    /// What was asked for.
    pub filters: Filters,
    /// Which of the two times, the earlier and the later, cannot be read.
    pub bad: (bool, bool),
    /// Whether only a part of the text was looked for.
    pub is_text_cut: bool,
    /// Whether only a part of another filter was looked for.
    pub is_cut: bool,
    /// The kinds of resources there are, as (type, name), by name.
    pub resource_types: Vec<(&'static str, &'static str)>,
    /// The messages.
    pub items: Vec<Item>,
    /// Whether the message at which the page was to begin is gone.
    pub is_gone: bool,
    /// Whether the reader may delete.
    pub can_delete: bool,
    /// How many messages were deleted just now.
    pub deleted: Option<i64>,
    /// How many messages were marked as read just now.
    pub marked: Option<i64>,
    /// What the reader has not read; none for a reader about whom that is not kept.
    pub unread: Option<Unread>,
    /// The query string of this page of the list, to come back to.
    pub place: String,
    /// Where new messages are counted from, as a query string for `-/news`.
    pub news: String,
    /// Whether pages stand before this one.
    pub has_first: bool,
    /// The message before which the previous page ends.
    pub previous: Option<String>,
    /// The message after which the next page begins.
    pub next: Option<String>,
}

/// What a reader has not read of the list.
#[derive(Debug, Clone)]
pub struct Unread {
    /// How many messages, as far as they are counted.
    pub count: i64,
    /// Whether there may be more.
    pub is_more: bool,
    /// The newest time that the page can show, in the wire form: nothing after it can be marked as read from the page.
    pub until: String,
    /// The last late arrival that the page can show: none after it can be marked as read from the page.
    pub turn: i64,
}

impl List {
    /// The page.
    pub fn html(&self) -> String {
        super::text(self)
    }

    /// Whether there is anything to do with what is selected.
    fn can_select(&self) -> bool {
        self.can_delete || self.unread.is_some()
    }

    fn levels(&self) -> [(&'static str, &'static str); 3] {
        let w = self.layout.words();
        [("ERROR", w.error), ("WARNING", w.warning), ("INFO", w.info)]
    }

    /// The level asked for, where it is none that the form offers.
    fn other_level(&self) -> Option<&str> {
        let wanted = self.filters.message_level.as_str();
        let is_offered = wanted.is_empty() || self.levels().iter().any(|(level, _)| *level == wanted);
        (!is_offered).then_some(wanted)
    }

    /// The resource type asked for, where it is none that the form offers.
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
    /// How many, as a number in front of the title.
    pub fn number(&self) -> String {
        format!("{}{}", self.count, if self.is_more { "+" } else { "" })
    }

    /// How many, in words.
    pub fn text(&self, words: &Words) -> String {
        if self.count == 0 {
            // Only so far back is looked, and there everything is read.
            words.unread_older.to_owned()
        } else if self.is_more {
            words.unread_many.replace("{}", &self.count.to_string())
        } else {
            words.unread_count.of(self.count)
        }
    }
}
