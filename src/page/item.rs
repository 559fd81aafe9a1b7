//! A message as the pages show it.

use std::borrow::Cow;

use super::filters::Filters;
use super::moment::Moment;
use super::words::Words;
use crate::catalog::canonical_uuid;
use crate::legible::shown;

/// One message, or a group of repeats: the same text about the same resource.
#[derive(Debug, Clone)]
pub struct Item {
    /// The id; of a group, the newest message's.
    pub id: String,
    /// The id of a group's oldest message.
    pub oldest_id: String,
    /// How serious it is.
    pub level: Level,
    /// What happened.
    pub text: String,
    /// What the user can do; may be empty.
    pub remedy: String,
    /// The code.
    pub code: String,
    /// The resource it is about.
    pub resource: Resource,
    /// The request that caused it; of a group, the newest message's.
    pub request_id: String,
    /// The number of messages.
    pub count: i64,
    /// When the oldest was recorded.
    pub first: Moment,
    /// When the newest was recorded.
    pub last: Moment,
    /// The time until which it is guaranteed to be kept.
    pub until: Option<Moment>,
    /// Whether it is unread; of a group, whether any message is.
    pub is_unread: bool,
    /// Whether it is out of the inbox; of a group, whether every message is.
    pub is_done: bool,
}

impl Item {
    /// Returns the value of its check box: the message, or the range from the newest to the oldest.
    pub fn selection(&self) -> String {
        if self.count > 1 {
            format!("{}_{}", self.id, self.oldest_id)
        } else {
            self.id.clone()
        }
    }

    /// Returns the filters that list a group's messages separately: the filters of the list plus the time range, to the
    /// second.
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

/// A level: a word of the catalog, or any other in an imported row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Level(pub String);

impl Level {
    /// Returns the name in the page's language.
    pub fn name<'a>(&'a self, words: &'a Words) -> Cow<'a, str> {
        match self.0.as_str() {
            "ERROR" => Cow::Borrowed(words.error),
            "WARNING" => Cow::Borrowed(words.warning),
            "INFO" => Cow::Borrowed(words.info),
            other => shown(other),
        }
    }

    /// Returns the CSS class.
    pub fn class(&self) -> &'static str {
        match self.0.as_str() {
            "ERROR" => "error",
            "WARNING" => "warning",
            "INFO" => "info",
            _ => "other",
        }
    }
}

/// The resource of a message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resource {
    /// The user's word for its type; empty if unknown.
    pub kind: String,
    /// Its id.
    pub id: Option<String>,
    /// A link to it.
    pub href: Option<String>,
}

impl Resource {
    /// Returns the start of an id that is a UUID, and any other id as it is.
    pub fn short(&self) -> Option<Cow<'_, str>> {
        let id = self.id.as_deref()?;
        Some(match canonical_uuid(id) {
            Some(_) => Cow::Borrowed(id.split('-').next().unwrap_or(id)),
            None => shown(id),
        })
    }

    /// Whether nothing is known about it.
    pub fn is_unknown(&self) -> bool {
        self.kind.is_empty() && self.id.is_none()
    }
}
