//! `tidings catalog list`.

use clap::Args;
use serde_json::{Value, json};

use super::entry::{Entry, EntryKind};
use crate::catalog::{self, Language, Level};
use crate::cli::arguments;
use crate::cli::columns::TableColumn;
use crate::cli::failure::Failure;
use crate::cli::language;
use crate::cli::output::{Format, Output};
use crate::spelling;

/// List messages, resource types, actions and details.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tidings catalog list --search quota
  tidings catalog list --service volume --kind detail --long
  tidings catalog list --language zh_CN --output json")]
pub struct List {
    /// Only entries with this word in their ids, names, texts, exceptions or parameters, in any case.
    #[arg(long, value_name = "WORD")]
    search: Option<String>,
    /// Only this service, such as `volume`.
    #[arg(long)]
    service: Option<String>,
    /// Only entries of this kind.
    #[arg(long, value_enum)]
    kind: Option<EntryKind>,
    /// Only messages and details of this level.
    #[arg(long, ignore_case = true, value_parser = arguments::level())]
    level: Option<Level>,
    /// Language of the texts, such as `en` or `zh_CN`.
    #[arg(long, default_value = "en")]
    language: String,
    /// Show all columns, even if they do not fit the terminal.
    #[arg(long)]
    long: bool,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    output: Format,
}

const COLUMNS: [TableColumn; 8] = [
    TableColumn::id("service").rank(3),
    TableColumn::id("kind").rank(4),
    TableColumn::id("id"),
    TableColumn::id("name").rank(1),
    TableColumn::id("level").rank(2),
    TableColumn::prose("parameters").rank(5),
    TableColumn::prose("exceptions").rank(6),
    TableColumn::prose("text"),
];

impl List {
    pub(super) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        let language = language::of_tag(&self.language)?;
        self.check_service()?;
        let word = self.search.as_ref().map(|word| word.to_lowercase());
        let entries = Entry::all().filter(|entry| {
            self.service
                .as_ref()
                .is_none_or(|name| name == entry.service.name)
                && self.kind.is_none_or(|kind| kind == entry.kind)
                && self.level.is_none_or(|level| entry.level() == Some(level))
                && word.as_ref().is_none_or(|word| entry.mentions(word, language))
        });
        match self.output {
            Format::Table => output.list(
                &COLUMNS,
                entries.map(|entry| row(&entry, language)).collect(),
                self.long,
            ),
            Format::Json => output.json(&entries.map(|entry| object(&entry, language)).collect()),
        }
    }

    fn check_service(&self) -> Result<(), Failure> {
        let known = || catalog::services().iter().map(|service| service.name);
        match &self.service {
            Some(name) if !known().any(|known| known == name) => {
                let all = || format!("; the services are {}", known().collect::<Vec<_>>().join(", "));
                let hint = spelling::hint_or(name, known(), all);
                Err(Failure::NotFound(format!("no service {name}{hint}")))
            }
            _ => Ok(()),
        }
    }
}

fn row(entry: &Entry, language: Language) -> Vec<String> {
    let parameters: Vec<_> = entry
        .parameters()
        .iter()
        .map(|parameter| parameter.name)
        .collect();
    vec![
        entry.service.name.to_owned(),
        entry.kind.as_str().to_owned(),
        entry.id.to_owned(),
        entry.name.to_owned(),
        entry.level().map_or("", Level::as_str).to_owned(),
        parameters.join(", "),
        entry.exceptions.join(", "),
        entry.text(language).to_owned(),
    ]
}

fn object(entry: &Entry, language: Language) -> Value {
    let parameters = entry.parameters().iter();
    let parameters: Vec<_> = parameters
        .map(|parameter| json!({ "name": parameter.name, "kind": parameter.kind.as_str() }))
        .collect();
    json!({
        "service": entry.service.name,
        "kind": entry.kind.as_str(),
        "id": entry.id,
        "name": entry.name,
        "level": entry.level().map(Level::as_str),
        "parameters": parameters,
        "exceptions": entry.exceptions,
        "text": entry.text(language),
    })
}
