//! `[events]` of a service's file: the events it emits for operators and machines, and their payloads.

use super::fault::{Located, SourceFile};
use super::fields::Fields;

/// The priorities that services use, in the order of [`Event::structured`].
pub const PRIORITIES: [&str; 3] = ["INFO", "WARN", "ERROR"];

/// The words for the kinds of a field.
pub const KINDS: [&str; 10] = [
    "uuid", "string", "integer", "number", "boolean", "time", "object", "list", "strings", "null",
];

/// Separates the words of a choice: `pending|success`.
pub const OR: char = '|';

/// Follows the kinds of a field that may be left out.
const OPTIONAL: &str = "optional";

/// A type of event.
#[derive(Clone, Debug)]
pub struct Event {
    /// Its name in the envelope: `image.upload`.
    pub name: Located<String>,
    /// When it is emitted.
    pub description: Located<String>,
    /// Whether the payload may be structured, for each of [`PRIORITIES`].
    pub structured: [bool; 3],
    /// Whether the payload may be a text, for each of [`PRIORITIES`].
    pub text: [bool; 3],
    /// Whether the payload may be a bare id, for each of [`PRIORITIES`].
    pub id: [bool; 3],
    /// The names of the possible shapes of a structured payload.
    pub payload: Vec<Located<String>>,
    /// Fields that this type adds to the shapes or redefines.
    pub fields: Vec<Field>,
    /// The description in other languages, by tag.
    pub translations: Vec<(String, String)>,
}

/// A set of fields shared by several event types.
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
    /// The kinds of value it may hold, in the catalog's words.
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
                    "unknown priority `{}`: must be one of {}",
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
                    "unknown kind `{word}`: must be one of {}, {OPTIONAL}, or a choice such as `on|off`",
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
