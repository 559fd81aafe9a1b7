//! An entry of a service's file or of its translation: a message, resource, action or detail.

use toml::de::DeTable;

use super::super::level::Level;
use super::fault::{Located, SourceFile};
use super::fields::Fields;

/// The tables of entries in a service's file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Section {
    /// Messages with a flat id.
    Messages,
    /// What operations act on.
    Resources,
    /// What was attempted.
    Actions,
    /// The outcome.
    Details,
}

impl Section {
    /// Every section, in the order of the documents.
    pub const ALL: [Self; 4] = [Self::Messages, Self::Resources, Self::Actions, Self::Details];

    /// The table's name.
    pub const fn table(self) -> &'static str {
        match self {
            Self::Messages => "messages",
            Self::Resources => "resources",
            Self::Actions => "actions",
            Self::Details => "details",
        }
    }

    /// The word for one of its entries in `ids.txt` and fault reports.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Messages => "message",
            Self::Resources => "resource",
            Self::Actions => "action",
            Self::Details => "detail",
        }
    }

    /// Whether its texts are whole sentences rather than phrases.
    pub const fn has_sentences(self) -> bool {
        matches!(self, Self::Messages | Self::Details)
    }

    /// The number of digits in an id; `None` for resources, whose name is the id.
    pub(super) const fn digits(self) -> Option<usize> {
        match self {
            Self::Messages => Some(6),
            Self::Resources => None,
            Self::Actions | Self::Details => Some(3),
        }
    }

    const fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Messages => &[
                "id",
                "text",
                "remedy",
                "level",
                "retryable",
                "ttl",
                "since",
                "retired",
                "parameters",
            ],
            Self::Resources => &["ids", "text", "since", "retired"],
            Self::Actions => &["id", "text", "since", "retired"],
            Self::Details => &[
                "id",
                "text",
                "remedy",
                "level",
                "retryable",
                "ttl",
                "since",
                "retired",
                "exceptions",
                "parameters",
            ],
        }
    }
}

/// An entry as its file defines it, with its translations.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The constant's name; for a resource its type.
    pub name: Located<String>,
    /// The digits; for a resource its name.
    pub id: Located<String>,
    /// The text.
    pub text: Located<String>,
    /// What the user can do.
    pub remedy: Option<Located<String>>,
    /// How serious it is.
    pub level: Level,
    /// Whether retrying may succeed.
    pub retryable: bool,
    /// The minimum time to keep the message, in seconds.
    pub ttl: Option<u32>,
    /// The version that introduced it.
    pub since: Option<Located<String>>,
    /// The version that retired it.
    pub retired: Option<Located<String>>,
    /// Whether a resource's ids are names rather than UUIDs.
    pub ids_are_names: bool,
    /// Exceptions of the service that map to this detail.
    pub exceptions: Vec<Located<String>>,
    /// The parameters of its texts, by name.
    pub parameters: Vec<Parameter>,
    /// The same entry in other languages, by tag.
    pub translations: Vec<(String, Entry)>,
}

/// A typed placeholder in a text.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Its name.
    pub name: Located<String>,
    /// Its kind.
    pub kind: Kind,
}

/// The kind of a parameter. None of them can carry free text.
#[derive(Clone, Debug)]
pub enum Kind {
    /// A whole number.
    Integer,
    /// A number of bytes, shown in the unit that fits.
    Bytes,
    /// An id.
    Uuid,
    /// One of the listed words.
    Choice(Vec<Choice>),
}

impl Kind {
    /// Returns the words of a choice; empty for other kinds.
    pub fn choices(&self) -> &[Choice] {
        if let Self::Choice(choices) = self {
            choices
        } else {
            &[]
        }
    }
}

/// A word that a parameter may hold.
#[derive(Clone, Debug)]
pub struct Choice {
    /// The word on the wire.
    pub value: Located<String>,
    /// What the user reads for it.
    pub text: Located<String>,
}

/// Reads an entry of a service's file.
pub(super) fn read<'a>(
    page: &'a SourceFile<'a>,
    section: Section,
    name: Located<String>,
    table: &'a DeTable<'a>,
) -> Entry {
    let fields = Fields::new(page, table, name.line, section.keys());
    let id = if section == Section::Resources {
        name.clone()
    } else {
        fields.required("id")
    };
    Entry {
        id,
        text: fields.required("text"),
        remedy: fields.string("remedy"),
        level: level(page, &fields),
        retryable: fields.boolean("retryable").is_some_and(|flag| flag.value),
        ttl: fields.count("ttl").map(|ttl| ttl.value),
        since: fields.string("since"),
        retired: fields.string("retired"),
        ids_are_names: section == Section::Resources && ids_are_names(page, &fields),
        exceptions: fields.strings("exceptions"),
        parameters: parameters(page, &fields),
        translations: Vec::new(),
        name,
    }
}

/// Reads an entry of a translation: its texts only.
pub(super) fn read_translation<'a>(
    page: &'a SourceFile<'a>,
    section: Section,
    name: Located<String>,
    table: &'a DeTable<'a>,
) -> Entry {
    let known: &[&str] = if section.has_sentences() {
        &["text", "remedy", "parameters"]
    } else {
        &["text"]
    };
    let fields = Fields::new(page, table, name.line, known);
    let mut parameters = Vec::new();
    for (name, table) in fields.named_tables("parameters") {
        let fields = Fields::new(page, table, name.line, &["values"]);
        parameters.push(Parameter {
            name,
            kind: Kind::Choice(choices(&fields)),
        });
    }
    Entry {
        id: name.clone(),
        text: fields.required("text"),
        remedy: fields.string("remedy"),
        level: Level::Error,
        retryable: false,
        ttl: None,
        since: None,
        retired: None,
        ids_are_names: false,
        exceptions: Vec::new(),
        parameters,
        translations: Vec::new(),
        name,
    }
}

fn level(page: &SourceFile<'_>, fields: &Fields<'_>) -> Level {
    let Some(word) = fields.string("level") else {
        return Level::Error;
    };
    Level::parse(&word.value).unwrap_or_else(|| {
        let known = Level::ALL.map(Level::as_str).join(", ");
        page.fault(
            word.line,
            format!("unknown level `{}`: must be one of {known}", word.value),
        );
        Level::Error
    })
}

fn ids_are_names(page: &SourceFile<'_>, fields: &Fields<'_>) -> bool {
    let ids = fields.required("ids");
    if !matches!(ids.value.as_str(), "uuid" | "name" | "") {
        page.fault(
            ids.line,
            format!("`ids` must be \"uuid\" or \"name\", not \"{}\"", ids.value),
        );
    }
    ids.value == "name"
}

fn parameters<'a>(page: &'a SourceFile<'a>, fields: &Fields<'a>) -> Vec<Parameter> {
    let mut parameters = Vec::new();
    for (name, table) in fields.named_tables("parameters") {
        let fields = Fields::new(page, table, name.line, &["kind", "values"]);
        let word = fields.required("kind");
        let values = choices(&fields);
        let kind = match word.value.as_str() {
            "integer" => Kind::Integer,
            "bytes" => Kind::Bytes,
            "uuid" => Kind::Uuid,
            "choice" if values.is_empty() => {
                page.fault(name.line, format!("choice `{}` has no `values`", name.value));
                Kind::Choice(values)
            }
            "choice" => Kind::Choice(values),
            // `required` reported it already.
            "" => continue,
            other => {
                let message = format!("unknown kind `{other}`: must be one of integer, bytes, uuid, choice");
                page.fault(word.line, message);
                continue;
            }
        };
        if !matches!(kind, Kind::Choice(_)) && table.contains_key("values") {
            page.fault(
                name.line,
                format!("only a choice may have `values`, but `{}` is not one", name.value),
            );
        }
        parameters.push(Parameter { name, kind });
    }
    parameters
}

fn choices(fields: &Fields<'_>) -> Vec<Choice> {
    fields
        .named_strings("values")
        .into_iter()
        .map(|(value, text)| Choice { value, text })
        .collect()
}
