//! `[rules]`: which notifications of a service become messages, and which reveal the owner of a resource.
//!
//! The rules of a file are tried in order, and the first that matches decides. docs/catalog.md describes them.

mod place;

use toml::de::DeTable;

use super::fault::{Located, SourceFile};
use super::fields::Fields;

pub use place::Place;

/// The rules of one service.
#[derive(Debug, Default)]
pub struct Rules {
    /// The rules that make messages, in the order of the file.
    pub messages: Vec<Rule>,
    /// The rules that read the owner of a resource.
    pub owners: Vec<Owner>,
}

/// A rule that turns a notification into a message, or suppresses it.
#[derive(Debug)]
pub struct Rule {
    /// Its first line.
    pub line: usize,
    /// The notifications it applies to.
    pub events: Events,
    /// What it does with them.
    pub outcome: Outcome,
    /// The type of the message's resource.
    pub resource_type: Option<Located<String>>,
    /// Places of the resource's id.
    pub resource: Vec<Place>,
    /// Places of the id of the project that may read the message.
    pub project: Vec<Place>,
    /// Places of the id of the request that caused it.
    pub request: Vec<Place>,
    /// Places of the name of an exception that the catalog may know.
    pub exception: Vec<Place>,
    /// The arguments of the text.
    pub parameters: Vec<(Located<String>, Argument)>,
}

/// A rule that reads the owner of a resource.
#[derive(Debug)]
pub struct Owner {
    /// The notifications it applies to.
    pub events: Events,
    /// The type of the resource.
    pub resource_type: Option<Located<String>>,
    /// Places of its id.
    pub resource: Vec<Place>,
    /// Places of its project.
    pub project: Vec<Place>,
}

/// Selects notifications.
#[derive(Debug)]
pub struct Events {
    /// Patterns of event types: `*` is any run of characters.
    pub types: Vec<Located<String>>,
    /// Priorities in upper case; empty for all.
    pub priorities: Vec<Located<String>>,
    /// Conditions on the values at certain places.
    pub conditions: Vec<(Place, Vec<Located<String>>)>,
}

/// What a rule does with a notification.
#[derive(Debug)]
pub enum Outcome {
    /// A message with a flat code, by the constant's name.
    Message(Located<String>),
    /// A message with a composed code, by the constants' names.
    Composed {
        /// What was attempted.
        action: Located<String>,
        /// The outcome.
        detail: Located<String>,
    },
    /// No message, and no later rule is tried.
    Ignore,
}

/// The source of an argument.
#[derive(Debug)]
pub enum Argument {
    /// A fixed choice.
    Choice(Located<String>),
    /// Read from the notification.
    Found(Vec<Place>),
}

const EVENT_KEYS: [&str; 3] = ["event_types", "priorities", "when"];

/// The keys that both kinds of rules share, for which [rules.defaults] may set defaults for the file.
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
