//! The catalog: every text that a message can have.

use askama::Template;

use super::item::Level;
use super::layout::Layout;

/// The page of the catalog.
#[derive(Debug, Template)]
#[template(path = "catalog.html")]
pub struct Catalog {
    /// What is around it.
    pub layout: Layout,
    /// What is looked for.
    pub wanted: String,
    /// The services that have something of it.
    pub services: Vec<Service>,
}

/// What one service can say.
#[derive(Debug, Default)]
pub struct Service {
    /// What its codes begin with.
    pub prefix: &'static str,
    /// Whole messages.
    pub messages: Vec<Entry>,
    /// What becomes of an action.
    pub details: Vec<Entry>,
    /// What is done, as (id, text).
    pub actions: Vec<(&'static str, &'static str)>,
    /// What it is done to, as (type, text).
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
    /// Whether it is only there for old messages.
    pub is_retired: bool,
}

impl Catalog {
    /// The page.
    pub fn html(&self) -> String {
        super::text(self)
    }
}

impl Service {
    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
            && self.details.is_empty()
            && self.actions.is_empty()
            && self.resources.is_empty()
    }
}
