//! `tidings catalog`.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};

use super::failure::Failure;
use super::language;
use super::output::{Format, Output};
use crate::catalog::{self, Arguments, Code, Language};

/// Look at the texts that may be shown.
#[derive(Debug, Subcommand)]
pub enum CatalogCommand {
    /// List messages, actions and details.
    #[command(after_help = "\
Examples:
  tidings catalog list --service volume
  tidings catalog list --language zh_CN --output json")]
    List {
        /// Only this service, as `volume`.
        #[arg(long)]
        service: Option<String>,
        /// Language of the texts, as `en` or `zh_CN`.
        #[arg(long, default_value = "en")]
        language: String,
        /// Form of the output.
        #[arg(long, value_enum, default_value_t = Format::Table)]
        output: Format,
    },
    /// Show what one id says, in every language.
    #[command(after_help = "Example:\n  tidings catalog show VOLUME_VOLUME_SNAPSHOT_009_006")]
    Show {
        /// A flat or composed id.
        id: String,
        /// Form of the output.
        #[arg(long, value_enum, default_value_t = Format::Table)]
        output: Format,
    },
    /// Check a directory of catalog files as a build does, and name every fault.
    #[command(after_help = "Example:\n  tidings catalog check /srv/site-catalog")]
    Check {
        /// The directory.
        #[arg(default_value = "catalog")]
        directory: PathBuf,
    },
    /// Write the whole catalog.
    #[command(after_help = "\
Examples:
  tidings catalog export > catalog.json
  tidings catalog export --format markdown --language zh_CN > catalog.md")]
    Export {
        /// For programs or for people.
        #[arg(long, value_enum, default_value_t = ExportFormat::Json)]
        format: ExportFormat,
        /// Language of the texts, as `en` or `zh_CN`.
        #[arg(long, default_value = "en")]
        language: String,
    },
}

/// The forms of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// As `GET /catalog` answers.
    Json,
    /// A document.
    Markdown,
}

impl CatalogCommand {
    pub(super) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        match self {
            Self::List {
                service,
                language,
                output: format,
            } => list(service.as_deref(), language, *format, output),
            Self::Show { id, output: format } => show(id, *format, output),
            Self::Check { directory } => check(directory, output),
            Self::Export {
                format: ExportFormat::Json,
                language,
            } => output.line(&catalog::export::json(language::of_tag(language)?)),
            Self::Export {
                format: ExportFormat::Markdown,
                language,
            } => output.line(catalog::export::markdown(language::of_tag(language)?).trim_end()),
        }
    }
}

fn list(service: Option<&str>, tag: &str, format: Format, output: &mut Output) -> Result<(), Failure> {
    let language = language::of_tag(tag)?;
    if let Some(name) = service
        && !catalog::services().iter().any(|known| known.name == name)
    {
        let known: Vec<_> = catalog::services().iter().map(|service| service.name).collect();
        return Err(Failure::NotFound(format!(
            "there is no service {name}; there are {}",
            known.join(", ")
        )));
    }
    let mut rows: Vec<Vec<String>> = Vec::new();
    for known in catalog::services()
        .iter()
        .filter(|known| service.is_none_or(|name| name == known.name))
    {
        let mut push =
            |kind, id, name, text| rows.push([known.name, kind, id, name, text].map(str::to_owned).to_vec());
        for message in known.messages {
            let text = message.notice.text.template(language);
            push("message", message.code, message.name, text);
        }
        for action in known.actions {
            push("action", action.id, action.name, action.text(language));
        }
        for detail in known.details {
            let text = detail.notice.text.template(language);
            push("detail", detail.id, detail.name, text);
        }
    }
    print(&["service", "kind", "id", "name", "text"], rows, format, output)
}

fn print(head: &[&str], rows: Vec<Vec<String>>, format: Format, output: &mut Output) -> Result<(), Failure> {
    if format == Format::Table {
        return output.table(head, rows);
    }
    let objects = rows.into_iter().map(|row| {
        head.iter()
            .map(ToString::to_string)
            .zip(row.into_iter().map(serde_json::Value::String))
            .collect()
    });
    output.json(&serde_json::Value::Array(
        objects.map(serde_json::Value::Object).collect(),
    ))
}

fn show(id: &str, format: Format, output: &mut Output) -> Result<(), Failure> {
    let code = Code::parse(id).ok_or_else(|| Failure::NotFound(format!("{id} is not in the catalog")))?;
    let mut rows = vec![
        vec!["id".to_owned(), code.to_string()],
        vec!["service".to_owned(), code.service().name.to_owned()],
        vec!["level".to_owned(), code.level().to_string()],
        vec!["retryable".to_owned(), code.retryable().to_string()],
    ];
    if let Some(retired) = code.retired() {
        rows.push(vec!["retired".to_owned(), retired.to_owned()]);
    }
    for parameter in code.parameters() {
        rows.push(vec![
            format!("parameter {}", parameter.name),
            parameter.kind.as_str().to_owned(),
        ]);
    }
    for language in Language::ALL {
        let mut text = String::new();
        // Writing into memory does not fail.
        let _ = code.write_prose(&mut text, language, &Arguments::NONE);
        rows.push(vec![format!("text {}", language.tag()), text]);
        if let Some(remedy) = code.remedy(language) {
            rows.push(vec![format!("remedy {}", language.tag()), remedy.to_owned()]);
        }
    }
    match format {
        Format::Table => output.table(&["field", "value"], rows),
        Format::Json => {
            let object = rows.into_iter().filter_map(|row| {
                let mut row = row.into_iter();
                Some((
                    row.next()?.replace(' ', "_"),
                    serde_json::Value::String(row.next()?),
                ))
            });
            output.json(&serde_json::Value::Object(object.collect()))
        }
    }
}

fn check(directory: &std::path::Path, output: &mut Output) -> Result<(), Failure> {
    let checked = catalog::check_directory(directory)
        .map_err(Failure::io(format!("{} cannot be read", directory.display())))?;
    match checked {
        Ok(found) => {
            for line in &found.unlisted {
                output.line(&format!("not in ids.txt yet: {line}"))?;
            }
            output.line(&format!(
                "{} services, no faults: {}",
                found.services.len(),
                found.services.join(", ")
            ))
        }
        Err(faults) => {
            for fault in &faults {
                output.line(&fault.to_string())?;
            }
            Err(Failure::Data(format!(
                "{}: {} faults",
                directory.display(),
                faults.len()
            )))
        }
    }
}
