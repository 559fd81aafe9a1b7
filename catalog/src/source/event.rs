//! `[events]` of a service's file: what it reports to operators and machines, and what stands in the payloads.

use std::collections::BTreeMap;

use super::fault::{Located, Report, SourceFile};
use super::fields::Fields;
use super::service::Service;
use super::template;
use super::wording;

/// The priorities that services report with, in the order of [`Event::structured`].
pub const PRIORITIES: [&str; 3] = ["INFO", "WARN", "ERROR"];

/// The words for what a field holds.
pub const KINDS: [&str; 10] = [
    "uuid", "string", "integer", "number", "boolean", "time", "object", "list", "strings", "null",
];

/// Between the words of a field that holds one of them: `pending|success`.
pub const OR: char = '|';

/// Behind the kinds: the field may be left out.
const OPTIONAL: &str = "optional";

/// A type of event.
#[derive(Clone, Debug)]
pub struct Event {
    /// As it stands in an envelope: `image.upload`.
    pub name: Located<String>,
    /// When it is reported.
    pub description: Located<String>,
    /// Whether the payload is structured, for each of [`PRIORITIES`].
    pub structured: [bool; 3],
    /// Whether the payload may be a text, for each of [`PRIORITIES`].
    pub text: [bool; 3],
    /// Whether the payload may be an id alone, for each of [`PRIORITIES`].
    pub id: [bool; 3],
    /// The names of the shapes, one of which a structured payload has.
    pub payload: Vec<Located<String>>,
    /// Fields that this type has besides, or otherwise than the shapes have them.
    pub fields: Vec<Field>,
    /// The description in other languages, by tag.
    pub translations: Vec<(String, String)>,
}

/// A set of fields that several types of events share.
#[derive(Clone, Debug)]
pub struct Shape {
    /// Its name.
    pub name: Located<String>,
    /// Its fields.
    pub fields: Vec<Field>,
}

/// A field of a payload.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its name.
    pub name: Located<String>,
    /// What it may hold, in the catalog's words.
    pub kinds: Vec<String>,
    /// Whether it may be left out.
    pub optional: bool,
}

/// Reads the events of a service's file.
pub(super) fn read<'a>(page: &'a SourceFile<'a>, fields: &Fields<'a>) -> (Vec<Event>, Vec<Shape>) {
    let events = fields.named_tables("events").into_iter().map(|(name, table)| {
        let known = ["description", "structured", "text", "id", "payload", "fields"];
        let fields = Fields::new(page, table, name.line, &known);
        let structured = priorities(page, &fields, "structured", [true, false, false]);
        let text = priorities(
            page,
            &fields,
            "text",
            structured.map(|is_structured| !is_structured),
        );
        Event {
            description: fields.required("description"),
            structured,
            text,
            id: priorities(page, &fields, "id", [false; 3]),
            payload: fields.strings("payload"),
            fields: fields
                .named_strings("fields")
                .into_iter()
                .map(field(page))
                .collect(),
            translations: Vec::new(),
            name,
        }
    });
    let shapes = fields
        .named_tables("payloads")
        .into_iter()
        .map(|(name, table)| Shape {
            fields: Fields::of_strings(page, table)
                .into_iter()
                .map(field(page))
                .collect(),
            name,
        });
    (events.collect(), shapes.collect())
}

/// Reads the events of a translation: names and descriptions.
pub(super) fn read_translation<'a>(
    page: &'a SourceFile<'a>,
    fields: &Fields<'a>,
) -> Vec<(Located<String>, Located<String>)> {
    let events = fields.named_tables("events").into_iter().map(|(name, table)| {
        let fields = Fields::new(page, table, name.line, &["description"]);
        (name, fields.required("description"))
    });
    events.collect()
}

fn priorities(page: &SourceFile<'_>, fields: &Fields<'_>, key: &str, default: [bool; 3]) -> [bool; 3] {
    if !fields.has(key) {
        return default;
    }
    let mut found = [false; 3];
    for word in fields.strings(key) {
        match PRIORITIES.iter().position(|known| *known == word.value) {
            Some(index) => found[index] = true,
            None => page.fault(
                word.line,
                format!(
                    "unknown priority `{}`, known are {}",
                    word.value,
                    PRIORITIES.join(", ")
                ),
            ),
        }
    }
    found
}

fn field<'a>(page: &'a SourceFile<'a>) -> impl Fn((Located<String>, Located<String>)) -> Field + 'a {
    |(name, words)| {
        let mut field = Field {
            name,
            kinds: Vec::new(),
            optional: false,
        };
        let mut is_known = true;
        for word in words.value.split(' ') {
            if word == OPTIONAL {
                field.optional = true;
            } else if KINDS.contains(&word) || is_choice(word) {
                field.kinds.push(word.to_owned());
            } else {
                let message = format!(
                    "unknown kind `{word}`, known are {}, {OPTIONAL} and choices such as `on|off`",
                    KINDS.join(", ")
                );
                page.fault(words.line, message);
                is_known = false;
            }
        }
        if field.kinds.is_empty() && is_known {
            page.fault(words.line, format!("field `{}` has no kind", field.name.value));
        }
        field
    }
}

/// Whether a word is a choice of at least two others.
fn is_choice(word: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    let words: Vec<&str> = word.split(OR).collect();
    words.len() > 1
        && words
            .iter()
            .enumerate()
            .all(|(at, one)| !one.is_empty() && one.bytes().all(allowed) && !words[..at].contains(one))
}

/// Checks each service by itself, and that no type of event has two.
pub(super) fn check(services: &[Service], report: &Report) {
    let mut owners: BTreeMap<&str, &Service> = BTreeMap::new();
    for service in services {
        check_shapes(service, &service.call_reports, report);
        for event in &service.events {
            check_event(service, event, report);
            if let Some(first) = owners.insert(&event.name.value, service) {
                let message = format!("{} has the event type {} already", first.path, event.name.value);
                report.add(&service.path, event.name.line, message);
            }
        }
        for shape in &service.shapes {
            let is_it = |name: &Located<String>| name.value == shape.name.value;
            let is_used = |event: &Event| event.payload.iter().any(is_it);
            if !service.events.iter().any(is_used) && !service.call_reports.iter().any(is_it) {
                let message = format!("no event has the payload `{}`", shape.name.value);
                report.add(&service.path, shape.name.line, message);
            }
        }
    }
}

fn check_event(service: &Service, event: &Event, report: &Report) {
    let fault = |line, message: String| report.add(&service.path, line, message);
    let name = &event.name.value;
    if !name.contains('.') || !name.split('.').all(template::is_name) {
        fault(
            event.name.line,
            format!("event type `{name}` must be lower-case words with dots between"),
        );
    }
    for message in wording::sentence("description", &event.description.value, ".") {
        fault(event.description.line, message);
    }
    for (index, priority) in PRIORITIES.iter().enumerate() {
        if !event.structured[index] && !event.text[index] {
            fault(
                event.name.line,
                format!("event type `{name}` has no payload for {priority}"),
            );
        }
    }
    if event.payload.is_empty() && event.fields.is_empty() && event.structured.contains(&true) {
        fault(
            event.name.line,
            format!("event type `{name}` has neither `payload` nor `fields`"),
        );
    }
    check_shapes(service, &event.payload, report);
}

/// Checks that there are shapes of these names.
fn check_shapes(service: &Service, names: &[Located<String>], report: &Report) {
    for shape in names {
        if !service.shapes.iter().any(|known| known.name.value == shape.value) {
            report.add(
                &service.path,
                shape.line,
                format!("there is no payload `{}`", shape.value),
            );
        }
    }
}

/// Gives the events of a service their descriptions in one language.
pub(super) fn translate(
    service: &mut Service,
    path: &str,
    tag: &str,
    full_stop: &str,
    translated: &[(Located<String>, Located<String>)],
    report: &Report,
) {
    let source = service.path.clone();
    for event in &mut service.events {
        let name = &event.name.value;
        let Some((_, own)) = translated.iter().find(|(known, _)| known.value == *name) else {
            report.add(path, 1, format!("the event {name} of {source} is missing"));
            continue;
        };
        for message in wording::sentence("description", &own.value, full_stop) {
            report.add(path, own.line, message);
        }
        event.translations.push((tag.to_owned(), own.value.clone()));
    }
    for (name, _) in translated {
        if !service.events.iter().any(|event| event.name.value == name.value) {
            report.add(path, name.line, format!("{source} has no event {}", name.value));
        }
    }
}
