//! `[rules]`: which notifications of a service become messages, and which tell whose a resource is.
//!
//! The rules of a file are tried in their order, and the first that applies decides. docs/catalog.md says how they look.

mod place;

use toml::de::DeTable;

use super::fault::{Located, SourceFile};
use super::fields::Fields;

pub use place::Place;

/// The rules of one service.
#[derive(Debug, Default)]
pub struct Rules {
    /// Those that make messages, in the order of the file.
    pub messages: Vec<Rule>,
    /// Those that say whose a resource is.
    pub owners: Vec<Owner>,
}

/// A rule that makes a message of a notification, or keeps one from being made.
#[derive(Debug)]
pub struct Rule {
    /// Where it begins.
    pub line: usize,
    /// Which notifications it is for.
    pub events: Events,
    /// What becomes of them.
    pub outcome: Outcome,
    /// What the message is about.
    pub resource_type: Option<Located<String>>,
    /// Where the resource's id is.
    pub resource: Vec<Place>,
    /// Where the project is that may read the message.
    pub project: Vec<Place>,
    /// Where the id of the request is that led to it.
    pub request: Vec<Place>,
    /// Where the name of an exception is that the catalog may know.
    pub exception: Vec<Place>,
    /// The arguments of the text.
    pub parameters: Vec<(Located<String>, Argument)>,
}

/// A rule that says whose a resource is.
#[derive(Debug)]
pub struct Owner {
    /// Which notifications it is for.
    pub events: Events,
    /// What kind of resource it is.
    pub resource_type: Option<Located<String>>,
    /// Where its id is.
    pub resource: Vec<Place>,
    /// Where its project is.
    pub project: Vec<Place>,
}

/// Which notifications a rule is for.
#[derive(Debug)]
pub struct Events {
    /// Patterns of event types: `*` is any run of characters.
    pub types: Vec<Located<String>>,
    /// Priorities in upper case; none for all.
    pub priorities: Vec<Located<String>>,
    /// What must stand in certain places.
    pub conditions: Vec<(Place, Vec<Located<String>>)>,
}

/// What becomes of a notification.
#[derive(Debug)]
pub enum Outcome {
    /// A message with a flat code, by the constant's name.
    Message(Located<String>),
    /// A message with a composed code, by the constants' names.
    Composed {
        /// What was tried.
        action: Located<String>,
        /// What became of it.
        detail: Located<String>,
    },
    /// Nothing, and no later rule is tried.
    Ignore,
}

/// Where an argument comes from.
#[derive(Debug)]
pub enum Argument {
    /// Always the same choice.
    Choice(Located<String>),
    /// From the notification.
    Found(Vec<Place>),
}

const EVENT_KEYS: [&str; 3] = ["event_types", "priorities", "when"];

/// What rules of both kinds share, and [rules.defaults] may say for all of the file.
const DEFAULT_KEYS: [&str; 4] = ["resource_type", "resource", "project", "request"];

const MESSAGE_KEYS: [&str; 6] = ["message", "action", "detail", "exception", "ignore", "parameters"];

/// Reads the table `rules` of a service's file.
pub(super) fn read<'a>(page: &'a SourceFile<'a>, fields: &Fields<'a>) -> Rules {
    let Some(fields) = fields.inner("rules", &["defaults", "messages", "owners"]) else {
        return Rules::default();
    };
    let defaults = fields.inner("defaults", &DEFAULT_KEYS);
    let reader = RuleReader { page, defaults };
    let messages = fields.tables("messages");
    let owners = fields.tables("owners");
    Rules {
        messages: messages.iter().map(|table| reader.message(table)).collect(),
        owners: owners.iter().map(|table| reader.owner(table)).collect(),
    }
}

struct RuleReader<'a> {
    page: &'a SourceFile<'a>,
    defaults: Option<Fields<'a>>,
}

impl<'a> RuleReader<'a> {
    fn message(&self, table: &Located<&'a DeTable<'a>>) -> Rule {
        let known = [&EVENT_KEYS[..], &DEFAULT_KEYS, &MESSAGE_KEYS].concat();
        let fields = Fields::new(self.page, table.value, table.line, &known);
        Rule {
            line: table.line,
            events: self.events(&fields),
            outcome: self.outcome(&fields),
            resource_type: self.resource_type(&fields),
            resource: self.places(&fields, "resource"),
            project: self.places(&fields, "project"),
            request: self.places(&fields, "request"),
            exception: place::read(self.page, &fields, "exception"),
            parameters: self.parameters(&fields),
        }
    }

    fn owner(&self, table: &Located<&'a DeTable<'a>>) -> Owner {
        let known = [&EVENT_KEYS[..], &DEFAULT_KEYS[..3]].concat();
        let fields = Fields::new(self.page, table.value, table.line, &known);
        for key in ["resource", "project"] {
            if self.places(&fields, key).is_empty() {
                self.page.fault(table.line, format!("`{key}` is missing"));
            }
        }
        Owner {
            events: self.events(&fields),
            resource_type: self.resource_type(&fields),
            resource: self.places(&fields, "resource"),
            project: self.places(&fields, "project"),
        }
    }

    fn events(&self, fields: &Fields<'a>) -> Events {
        let types = fields.string_or_list("event_types");
        if fields.any("event_types").is_none() {
            self.page.fault(fields.line, "`event_types` is missing");
        }
        let mut conditions = Vec::new();
        for (path, value) in fields.members("when") {
            let patterns = place::strings(self.page, "when", value);
            conditions.push((Place::at(self.page, path), patterns));
        }
        Events {
            types,
            priorities: fields.string_or_list("priorities"),
            conditions,
        }
    }

    fn outcome(&self, fields: &Fields<'a>) -> Outcome {
        let message = fields.string("message");
        let (action, detail) = (fields.string("action"), fields.string("detail"));
        let is_ignored = fields.boolean("ignore").is_some_and(|flag| flag.value);
        match (message, action, detail, is_ignored) {
            (Some(message), None, None, false) => Outcome::Message(message),
            (None, Some(action), Some(detail), false) => Outcome::Composed { action, detail },
            (None, None, None, true) => Outcome::Ignore,
            _ => {
                let text = "a rule has either `message`, or `action` and `detail`, or `ignore = true`";
                self.page.fault(fields.line, text);
                Outcome::Ignore
            }
        }
    }

    fn resource_type(&self, fields: &Fields<'a>) -> Option<Located<String>> {
        let own = fields.string("resource_type");
        own.or_else(|| self.defaults.as_ref()?.string("resource_type"))
    }

    fn places(&self, fields: &Fields<'a>, key: &str) -> Vec<Place> {
        match (&self.defaults, fields.any(key)) {
            (Some(defaults), None) => place::read(self.page, defaults, key),
            _ => place::read(self.page, fields, key),
        }
    }

    fn parameters(&self, fields: &Fields<'a>) -> Vec<(Located<String>, Argument)> {
        let mut parameters = Vec::new();
        for (name, value) in fields.members("parameters") {
            let line = self.page.line(value.span().start);
            let argument = match value.get_ref().as_str() {
                Some(word) if !word.starts_with('/') => Argument::Choice(Located {
                    value: word.to_owned(),
                    line,
                }),
                _ => Argument::Found(place::value(self.page, "parameters", value)),
            };
            parameters.push((name, argument));
        }
        parameters
    }
}
