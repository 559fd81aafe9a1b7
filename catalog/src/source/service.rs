//! A service's file: its prefix, its four tables of entries, its events and its rules.

use super::entry::{self, Entry, Section};
use super::event::{self, Event, Shape};
use super::fault::{Located, SourceFile};
use super::fields::{self, Fields};
use super::rules::{self, Rules};

/// The catalog of one source service.
#[derive(Debug)]
pub struct Service {
    /// The file's name without `.toml`; also the name of its module.
    pub name: String,
    /// The file's path in fault reports.
    pub path: String,
    /// The first word of its codes.
    pub prefix: Located<String>,
    /// Entries with flat ids.
    pub messages: Vec<Entry>,
    /// Resource types.
    pub resources: Vec<Entry>,
    /// Actions.
    pub actions: Vec<Entry>,
    /// Details.
    pub details: Vec<Entry>,
    /// The events it emits for operators and machines.
    pub events: Vec<Event>,
    /// The payload shapes that several of its events share.
    pub shapes: Vec<Shape>,
    /// The names of the shapes that its events' call report may have.
    pub call_reports: Vec<Located<String>>,
    /// The rules for its notifications.
    pub rules: Rules,
    /// The index of its directory.
    pub(super) directory: usize,
    /// Whether its file is valid TOML. If not, nothing can be called missing.
    pub(super) readable: bool,
}

impl Service {
    /// Returns the entries of one table.
    pub fn entries(&self, section: Section) -> &[Entry] {
        match section {
            Section::Messages => &self.messages,
            Section::Resources => &self.resources,
            Section::Actions => &self.actions,
            Section::Details => &self.details,
        }
    }

    /// Returns the index of its directory; the project's own is the first.
    pub fn directory(&self) -> usize {
        self.directory
    }

    pub(super) fn entries_mut(&mut self, section: Section) -> &mut Vec<Entry> {
        match section {
            Section::Messages => &mut self.messages,
            Section::Resources => &mut self.resources,
            Section::Actions => &mut self.actions,
            Section::Details => &mut self.details,
        }
    }

    /// Sorts the entries by id, which lookups rely on.
    pub(super) fn sort(&mut self) {
        for section in Section::ALL {
            self.entries_mut(section)
                .sort_by(|a, b| a.id.value.cmp(&b.id.value));
        }
        self.events.sort_by(|a, b| a.name.value.cmp(&b.name.value));
    }
}

/// Reads a service's file; the result is empty if it is not valid TOML.
pub(super) fn read(page: &SourceFile<'_>, name: &str, directory: usize) -> Service {
    let mut service = Service {
        name: name.to_owned(),
        path: page.path.clone(),
        prefix: Located {
            value: String::new(),
            line: 1,
        },
        messages: vec![],
        resources: vec![],
        actions: vec![],
        details: vec![],
        events: vec![],
        shapes: vec![],
        call_reports: vec![],
        rules: Rules::default(),
        directory,
        readable: false,
    };
    let Some(table) = fields::parse(page) else {
        return service;
    };
    let known = [
        "prefix",
        "since",
        "call_reports",
        "messages",
        "resources",
        "actions",
        "details",
        "events",
        "payloads",
        "rules",
    ];
    let fields = Fields::new(page, &table, 1, &known);
    service.readable = true;
    service.prefix = fields.required("prefix");
    let since = fields.string("since");
    service.rules = rules::read(page, &fields);
    for section in Section::ALL {
        for (name, table) in fields.named_tables(section.table()) {
            let mut entry = entry::read(page, section, name, table);
            entry.since = entry.since.or_else(|| since.clone());
            service.entries_mut(section).push(entry);
        }
    }
    service.call_reports = fields.strings("call_reports");
    (service.events, service.shapes) = event::read(page, &fields);
    service
}
