//! `tidings catalog show`.

use clap::Args;
use serde_json::Value;

use super::entry::{Entry, EntryKind};
use crate::catalog::{Arguments, Code, Language, Parameter};
use crate::cli::failure::Failure;
use crate::cli::output::{Format, Output};
use crate::spelling;

/// Show the meaning of an id or name, in every language.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tidings catalog show VOLUME_VOLUME_SNAPSHOT_009_006
  tidings catalog show QUOTA_EXCEED
  tidings catalog show VolumeLimitExceeded

A name may mean an entry of several services; all of them are shown, in JSON as an array.")]
pub struct Show {
    /// A flat or composed id, or the name of a message, resource type, action, detail or exception.
    id: String,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    output: Format,
}

impl Show {
    pub(super) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        if let Some(code) = Code::parse(&self.id) {
            return match self.output {
                Format::Table => output.table(&HEAD, of_code(code)),
                Format::Json => output.json(&object(of_code(code))),
            };
        }
        let found: Vec<_> = Entry::all().filter(|entry| entry.is_called(&self.id)).collect();
        if found.is_empty() {
            return Err(unknown(&self.id));
        }
        match self.output {
            Format::Table => found
                .iter()
                .try_for_each(|entry| output.table(&HEAD, of_entry(entry))),
            Format::Json => output.json(&found.iter().map(|entry| object(of_entry(entry))).collect()),
        }
    }
}

const HEAD: [&str; 2] = ["field", "value"];

/// The cells of a row.
type Row = Vec<String>;

fn unknown(id: &str) -> Failure {
    let names = Entry::all().flat_map(|entry| {
        [entry.id, entry.name]
            .into_iter()
            .chain(entry.exceptions.iter().copied())
    });
    let hint = spelling::hint_or(id, names, || "; see tidings catalog list --search".to_owned());
    Failure::NotFound(format!("{id} is not in the catalog{hint}"))
}

fn of_code(code: Code) -> Vec<Row> {
    let mut rows = vec![
        row("id", &code.to_string()),
        row("service", code.service().name),
        row("level", code.level().as_str()),
        row("retryable", &code.retryable().to_string()),
    ];
    rows.extend(code.retired().map(|version| row("retired", version)));
    rows.extend(parameters(code.parameters()));
    if let Code::Composed { detail, .. } = code {
        rows.extend(exceptions(detail.exceptions));
    }
    for language in Language::ALL {
        let mut text = String::new();
        // Writing into memory does not fail.
        let _ = code.write_prose(&mut text, language, &Arguments::NONE);
        rows.push(row(&format!("text {}", language.tag()), &text));
        rows.extend(remedy(code.remedy(language), language));
    }
    rows
}

fn of_entry(entry: &Entry) -> Vec<Row> {
    let mut rows = vec![
        row("service", entry.service.name),
        row("kind", entry.kind.as_str()),
        row("id", entry.id),
        row("name", entry.name),
    ];
    let prefix = entry.service.prefix;
    let codes = match entry.kind {
        EntryKind::Message => None,
        EntryKind::Type => Some(format!("{}_<action>_<detail>", entry.id)),
        EntryKind::Action => Some(format!("{prefix}_<type>_{}_<detail>", entry.id)),
        EntryKind::Detail => Some(format!("{prefix}_<type>_<action>_{}", entry.id)),
    };
    rows.extend(codes.map(|form| row("codes", &form)));
    if let Some(notice) = entry.notice {
        rows.push(row("level", notice.level.as_str()));
        rows.push(row("retryable", &notice.retryable.to_string()));
    }
    rows.extend(entry.retired.map(|version| row("retired", version)));
    rows.extend(parameters(entry.parameters()));
    rows.extend(exceptions(entry.exceptions));
    for language in Language::ALL {
        rows.push(row(&format!("text {}", language.tag()), entry.text(language)));
        let text = entry.notice.and_then(|notice| notice.remedy.as_ref());
        rows.extend(remedy(text.map(|text| text.template(language)), language));
    }
    rows
}

fn row(field: &str, value: &str) -> Row {
    vec![field.to_owned(), value.to_owned()]
}

fn parameters(parameters: &[Parameter]) -> impl Iterator<Item = Row> {
    parameters
        .iter()
        .map(|parameter| row(&format!("parameter {}", parameter.name), parameter.kind.as_str()))
}

fn exceptions(names: &[&str]) -> Option<Row> {
    (!names.is_empty()).then(|| row("exceptions", &names.join(", ")))
}

fn remedy(text: Option<&str>, language: Language) -> Option<Row> {
    text.map(|text| row(&format!("remedy {}", language.tag()), text))
}

fn object(rows: Vec<Row>) -> Value {
    let pairs = rows.into_iter().filter_map(|row| {
        let [field, value] = <[String; 2]>::try_from(row).ok()?;
        Some((field.replace(' ', "_"), Value::String(value)))
    });
    Value::Object(pairs.collect())
}
