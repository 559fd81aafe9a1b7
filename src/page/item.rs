//! A message as the pages show it.

use std::borrow::Cow;

use super::filters::Filters;
use super::moment::Moment;
use super::words::Words;
use crate::legible::shown;

/// One message, or several that say the same of the same resource.
#[derive(Debug, Clone)]
pub struct Item {
    /// The id; of several, the newest's.
    pub id: String,
    /// The id of the oldest of several.
    pub oldest_id: String,
    /// How serious it is.
    pub level: Level,
    /// What happened.
    pub text: String,
    /// What the user can do; may be empty.
    pub remedy: String,
    /// The catalog's id.
    pub code: String,
    /// What it is about.
    pub resource: Resource,
    /// The request that led to it; of several, to the newest.
    pub request_id: String,
    /// How many they are.
    pub count: i64,
    /// When the oldest came.
    pub first: Moment,
    /// When the newest came.
    pub last: Moment,
    /// How long it is kept at least.
    pub until: Option<Moment>,
    /// Whether the reader has not read it; of several, not all.
    pub is_unread: bool,
}

impl Item {
    /// What a tick in the list stands for: the message, or all from the newest to the oldest.
    pub fn selection(&self) -> String {
        if self.count > 1 {
            format!("{}_{}", self.id, self.oldest_id)
        } else {
            self.id.clone()
        }
    }

    /// The filters that show each of several: those of the list that they stand in, and, to the second, when they came.
    pub fn each(&self, filters: &Filters) -> String {
        Filters {
            event_id: self.code.clone(),
            resource_uuid: self.resource.id.clone().unwrap_or_default(),
            since: self.first.field(),
            before: self.last.next_second().field(),
            each: true,
            ..filters.clone()
        }
        .query()
    }
}

/// How serious a message is: a word of the catalog, or whatever an imported row has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Level(pub String);

impl Level {
    /// The name in the page's language.
    pub fn name<'a>(&'a self, words: &'a Words) -> Cow<'a, str> {
        match self.0.as_str() {
            "ERROR" => Cow::Borrowed(words.error),
            "WARNING" => Cow::Borrowed(words.warning),
            "INFO" => Cow::Borrowed(words.info),
            other => shown(other),
        }
    }

    /// Its class in the style sheet.
    pub fn class(&self) -> &'static str {
        match self.0.as_str() {
            "ERROR" => "error",
            "WARNING" => "warning",
            "INFO" => "info",
            _ => "other",
        }
    }
}

/// What a message is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resource {
    /// What users call its kind; empty where that is not known.
    pub kind: String,
    /// Which one.
    pub id: Option<String>,
    /// Where it is shown.
    pub href: Option<String>,
}

impl Resource {
    /// Whether nothing is known of it.
    pub fn is_unknown(&self) -> bool {
        self.kind.is_empty() && self.id.is_none()
    }
}
