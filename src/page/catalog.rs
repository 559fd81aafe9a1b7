//! The catalog page: every text that a message can have.

use askama::Template;

use super::item::Level;
use super::layout::{Layout, encode};

/// The catalog page.
#[derive(Debug, Template)]
#[template(path = "catalog.html")]
pub struct Catalog {
    /// The page's frame.
    pub layout: Layout,
    /// The search term.
    pub wanted: String,
    /// The services with matches.
    pub services: Vec<Service>,
}

/// The page of one code.
#[derive(Debug, Template)]
#[template(path = "entry.html")]
pub struct EntryPage {
    /// The page's frame.
    pub layout: Layout,
    /// The name of its service.
    pub service: &'static str,
    /// The code.
    pub code: String,
    /// The whole sentence.
    pub sentence: String,
    /// The rest of what the catalog says.
    pub entry: Entry,
    /// Whether retrying may succeed.
    pub is_retryable: bool,
}

/// The matches of one service.
#[derive(Debug)]
pub struct Service {
    /// The first word of its codes.
    pub prefix: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Flat messages.
    pub messages: Vec<Entry>,
    /// Outcomes of actions.
    pub details: Vec<Entry>,
    /// Actions, as (id, text).
    pub actions: Vec<(&'static str, &'static str)>,
    /// Resource types, as (type, text).
    pub resources: Vec<(&'static str, &'static str)>,
}

/// A text that a message can have.
#[derive(Debug)]
pub struct Entry {
    /// Its code or digits.
    pub id: &'static str,
    /// Its name in addresses, which is unique in the catalog.
    pub anchor: String,
    /// Its address: a page for a code, a place in the catalog for an outcome.
    pub href: String,
    /// What happened.
    pub text: &'static str,
    /// What the user can do.
    pub remedy: Option<&'static str>,
    /// How serious it is.
    pub level: Level,
    /// Whether it is retired.
    pub is_retired: bool,
    /// The service's exceptions that lead to it.
    pub exceptions: &'static [&'static str],
}

impl Catalog {
    /// Renders the page.
    pub fn html(&self) -> String {
        super::text(self)
    }
}

impl EntryPage {
    /// Renders the page.
    pub fn html(&self) -> String {
        super::text(self)
    }

    /// Returns the address of the messages with this code; only in a project.
    fn messages(&self) -> Option<String> {
        self.layout.project.as_ref()?;
        Some(self.layout.list(format!("event_id={}", encode(&self.code))))
    }
}

impl Service {
    /// The number of its matches.
    pub fn count(&self) -> i64 {
        let count = self.messages.len() + self.details.len() + self.actions.len() + self.resources.len();
        i64::try_from(count).unwrap_or(i64::MAX)
    }
}
