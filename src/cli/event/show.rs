//! `tidings event show`.

use clap::Args;

use crate::catalog::{self, EventType, Field, FieldKind, Language};
use crate::cli::failure::Failure;
use crate::cli::output::{Format, Output};
use crate::spelling;

/// Show when a type is reported and what its payload contains.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  tidings event show image.upload")]
pub struct Show {
    /// An event type; see `tidings event types`.
    event_type: String,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    output: Format,
}

impl Show {
    pub(super) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        let known = catalog::event_type(&self.event_type).ok_or_else(|| {
            let names = catalog::event_types().iter().map(|known| known.name);
            let see = || "; see tidings event types".to_owned();
            let hint = spelling::hint_or(&self.event_type, names, see);
            Failure::NotFound(format!("{} is not an event type{hint}", self.event_type))
        })?;
        match self.output {
            Format::Table => output.table(&["field", "value"], rows(known)),
            Format::Json => output.json(&json(known)),
        }
    }
}

fn rows(known: &EventType) -> Vec<Vec<String>> {
    let mut rows = vec![
        vec!["event_type".to_owned(), known.name.to_owned()],
        vec!["service".to_owned(), known.service().name.to_owned()],
    ];
    for language in Language::ALL {
        rows.push(vec![
            format!("description {}", language.tag()),
            known.description(language).to_owned(),
        ]);
    }
    for (what, which) in [
        ("an object", known.structured),
        ("a text", known.text),
        ("an id", known.id),
    ] {
        let priorities = EventType::priorities(which);
        if !priorities.is_empty() {
            rows.push(vec![
                format!("payload with {}", priorities.join(", ")),
                what.to_owned(),
            ]);
        }
    }
    rows.extend(fields("", known.forms));
    let call_reports = known.service().call_reports;
    if !call_reports.is_empty() {
        rows.push(vec![
            "call_report".to_owned(),
            "object or null, optional".to_owned(),
        ]);
    }
    rows.extend(fields("call_report ", call_reports));
    rows
}

/// Returns a row for each field; with several forms, each row names its form.
fn fields(what: &str, forms: &[&[Field]]) -> Vec<Vec<String>> {
    let many = forms.len() > 1;
    let of_form = |(index, form): (usize, &&[Field])| -> Vec<Vec<String>> {
        let which = if many {
            format!("{what}form {} ", index + 1)
        } else {
            what.to_owned()
        };
        let row = |field: &Field| vec![format!("{which}field {}", field.name), holding(field)];
        form.iter().map(row).collect()
    };
    forms.iter().enumerate().flat_map(of_form).collect()
}

fn holding(field: &Field) -> String {
    let kind = |kind: &FieldKind| match kind.values() {
        [] => kind.as_str().to_owned(),
        words => format!("one of {}", words.join(", ")),
    };
    let kinds: Vec<String> = field.kinds.iter().map(kind).collect();
    let end = if field.optional { ", optional" } else { "" };
    format!("{}{end}", kinds.join(" or "))
}

fn field_json(field: &Field) -> serde_json::Value {
    let kinds: Vec<&str> = field.kinds.iter().map(|kind| kind.as_str()).collect();
    let values: Vec<&str> = field
        .kinds
        .iter()
        .flat_map(|kind| kind.values())
        .copied()
        .collect();
    let mut json = serde_json::json!({ "name": field.name, "kinds": kinds, "optional": field.optional });
    if !values.is_empty() {
        json["values"] = values.into();
    }
    json
}

fn json(known: &EventType) -> serde_json::Value {
    let forms = |forms: &[&[Field]]| -> Vec<Vec<serde_json::Value>> {
        forms
            .iter()
            .map(|form| form.iter().map(field_json).collect())
            .collect()
    };
    let descriptions: serde_json::Map<String, serde_json::Value> = Language::ALL
        .into_iter()
        .map(|language| (language.tag().to_owned(), known.description(language).into()))
        .collect();
    serde_json::json!({
        "event_type": known.name,
        "service": known.service().name,
        "description": descriptions,
        "structured": EventType::priorities(known.structured),
        "text": EventType::priorities(known.text),
        "id": EventType::priorities(known.id),
        "forms": forms(known.forms),
        "call_reports": forms(known.service().call_reports),
    })
}
