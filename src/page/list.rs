//! The list of a project's messages.

use askama::Template;

use super::detail::Detail;
use super::filters::{Filters, Sort};
use super::inbox_words;
use super::item::Item;
use super::layout::Layout;
use super::levels::Levels;
use super::moment::Moment;
use super::notice::Notice;
use super::trend::Trend;
use super::words::Words;
use crate::message::time;

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
    /// The services, as (first word of their codes, name).
    pub services: Vec<(&'static str, &'static str)>,
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
    /// What was just done.
    pub notice: Option<Notice>,
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
    /// Whether the reader has taken messages out of the inbox; looked up only for an empty list.
    pub has_done: bool,
    /// The number of messages of each level with the other filters; none where they could not be counted in time.
    pub level_counts: Option<Levels>,
    /// What was recorded in the last days; none if nothing was.
    pub trend: Option<Trend>,
    /// The message that is open beside the list.
    pub open: Option<Detail>,
    /// Whether there is a list: not for users who may only see the open message.
    pub is_visible: bool,
}

/// The unread messages of a list.
#[derive(Debug, Clone)]
pub struct Unread {
    /// The number of messages, as far as they are counted.
    pub count: i64,
    /// Whether there may be more.
    pub is_more: bool,
    /// The time up to which the page shows everything, in wire form; of what is newer, only the `recent` messages can be changed from it.
    pub until: String,
    /// The last late arrival that the page can show; none after it can be changed from it.
    pub turn: i64,
    /// The messages newer than `until` that the page shows, as the form sends them.
    pub recent: String,
}

/// The value of a filter that is set.
enum Chosen<'a> {
    Text(&'a str),
    Time(Moment),
}

impl List {
    /// Renders the page.
    pub fn html(&self) -> String {
        super::text(self)
    }

    fn own(&self) -> &'static inbox_words::Words {
        self.layout.inbox_words()
    }

    /// The states to choose from, each with its name.
    fn states(&self) -> [(&'static str, &'static str); 3] {
        let i = self.own();
        [("", i.inbox), ("done", i.done), ("all", i.all)]
    }

    /// Whether these states are shown. Unread messages are part of the inbox.
    fn shows(&self, state: &str) -> bool {
        match self.filters.state.as_str() {
            "done" | "all" => self.filters.state == state,
            _ => state.is_empty(),
        }
    }

    /// Returns what the list says without messages, the title and the advice, also when the script takes away the last row.
    fn nothing(&self) -> (&'static str, &'static str) {
        let (i, w) = (self.own(), self.layout.words());
        if !self.filters.shows_all() {
            return (w.none_match, w.none_match_advice);
        }
        let empty = match self.filters.state.as_str() {
            _ if self.unread.is_none() => None,
            "unread" => Some(&i.unread_empty),
            "done" => Some(&i.done_empty),
            "all" => None,
            _ => (self.has_done || !self.items.is_empty()).then_some(&i.inbox_empty),
        };
        empty.map_or((w.empty, w.empty_advice), |empty| (empty.title, empty.advice))
    }

    /// Whether the list shows what is done.
    fn is_done(&self) -> bool {
        self.filters.state == "done"
    }

    /// Whether the list shows what is done beside what is not.
    fn is_mixed(&self) -> bool {
        self.filters.state == "all"
    }

    /// Returns the address where new messages are: those of a list of done ones are in the inbox.
    fn with_news(&self) -> String {
        self.layout.list(if self.is_done() {
            self.filters.with_state("")
        } else {
            self.filters.query()
        })
    }

    /// Returns the number of messages that can be marked as done, if the whole list is on this page.
    fn total(&self) -> Option<i64> {
        let is_whole = !self.has_first && self.next.is_none() && !self.is_mixed();
        is_whole.then(|| self.items.iter().map(|item| item.count).sum())
    }

    /// Returns the address of a message, which leads back to this page of the list.
    fn message(&self, id: &str) -> String {
        // Relative, as it is in every row.
        let folder = if self.open.is_some() { "" } else { "messages/" };
        let between = if self.place.is_empty() { "" } else { "?" };
        format!("{folder}{id}{between}{}", self.place)
    }

    /// Whether this message is open.
    fn is_open(&self, item: &Item) -> bool {
        let selection = item.selection();
        self.open.as_ref().is_some_and(|open| open.selection == selection)
    }

    /// Returns each collapsed filter that is set, with its name, its value, and the address of the list without it. Times are
    /// moments, which the script shows in the reader's zone.
    fn chosen(&self) -> Vec<(&'static str, Chosen<'_>, String)> {
        let w = self.layout.words();
        let chosen = self.filters.collapsed().into_iter().map(|(key, value)| {
            let types = || self.resource_types.iter().find(|(name, _)| *name == value);
            let sorts = || {
                self.sorts()
                    .into_iter()
                    .find(|(sort, _)| *sort == self.filters.sort)
            };
            let (name, text) = match key {
                "resource_type" => (w.resource_type, types().map(|(_, text)| *text)),
                "resource_uuid" => (w.resource_id, None),
                "event_id" => (w.code, None),
                "request_id" => (w.request_id, None),
                "sort" => (w.sort, sorts().map(|(_, text)| text)),
                "repeats" => ("", Some(w.each)),
                "since" => ("≥", None),
                _ => ("<", None),
            };
            // A browser's field omits seconds that are zero.
            let at = time::parse(value).or_else(|| time::parse(&format!("{value}:00")));
            let at = at.filter(|_| matches!(key, "since" | "before"));
            let value = match at {
                Some(at) => Chosen::Time(Moment { at, now: at }),
                None => Chosen::Text(text.unwrap_or(value)),
            };
            (name, value, self.layout.list(self.filters.without(key)))
        });
        chosen.collect()
    }

    /// Whether any action applies to selected messages.
    fn can_select(&self) -> bool {
        self.can_delete || self.unread.is_some()
    }

    /// The levels to choose from, each with its name and its number of messages.
    fn levels(&self) -> [(&'static str, &'static str, Option<String>); 3] {
        let w = self.layout.words();
        let [errors, warnings, infos] = self.level_counts.unwrap_or_default().texts();
        let [error, warning, info] = Levels::WORDS;
        [
            (error, w.error, errors),
            (warning, w.warning, warnings),
            (info, w.info, infos),
        ]
    }

    /// Returns the requested level if the form does not offer it.
    fn other_level(&self) -> Option<&str> {
        let wanted = self.filters.message_level.as_str();
        let is_offered = wanted.is_empty() || Levels::WORDS.contains(&wanted);
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
