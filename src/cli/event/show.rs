//! `tidings event show`.

use clap::Args;

use crate::catalog::{self, EventType, Field, Language};
use crate::cli::failure::Failure;
use crate::cli::output::{Format, Output};

/// Show when a type is reported and what its payload holds.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  tidings event show image.upload")]
pub struct Show {
    /// A type, as `tidings event types` lists them.
    event_type: String,
    /// Form of the output.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    output: Format,
}

impl Show {
    pub(super) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        let known = catalog::event_type(&self.event_type).ok_or_else(|| {
            Failure::NotFound(format!(
                "{} is no type of event; see tidings event types",
                self.event_type
            ))
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
    let many = known.forms.len() > 1;
    for (index, form) in known.forms.iter().enumerate() {
        for field in *form {
            let form = if many {
                format!("form {} ", index + 1)
            } else {
                String::new()
            };
            rows.push(vec![format!("{form}field {}", field.name), holding(field)]);
        }
    }
    rows
}

fn holding(field: &Field) -> String {
    let kinds: Vec<&str> = field.kinds.iter().map(|kind| kind.as_str()).collect();
    let end = if field.optional { ", may be left out" } else { "" };
    format!("{}{end}", kinds.join(" or "))
}

fn json(known: &EventType) -> serde_json::Value {
    let field = |field: &Field| {
        let kinds: Vec<&str> = field.kinds.iter().map(|kind| kind.as_str()).collect();
        serde_json::json!({ "name": field.name, "kinds": kinds, "optional": field.optional })
    };
    let forms: Vec<Vec<serde_json::Value>> = known
        .forms
        .iter()
        .map(|form| form.iter().map(field).collect())
        .collect();
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
        "forms": forms,
    })
}
