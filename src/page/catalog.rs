//! The catalog page: every text that a message can have.

use askama::Template;

use super::item::Level;
use super::layout::Layout;

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

/// The matches of one service.
#[derive(Debug, Default)]
pub struct Service {
    /// The first word of its codes.
    pub prefix: &'static str,
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
    /// What happened.
    pub text: &'static str,
    /// What the user can do.
    pub remedy: Option<&'static str>,
    /// How serious it is.
    pub level: Level,
    /// Whether it is retired.
    pub is_retired: bool,
}

impl Catalog {
    /// Renders the page.
    pub fn html(&self) -> String {
        super::text(self)
    }
}

impl Service {
    /// Whether nothing matches.
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
            && self.details.is_empty()
            && self.actions.is_empty()
            && self.resources.is_empty()
    }
}
