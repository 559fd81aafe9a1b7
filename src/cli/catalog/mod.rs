//! `tidings catalog`.

mod entry;
mod gaps;
mod list;
mod show;

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};

use super::context::Context;
use super::failure::Failure;
use super::language;
use super::output::Output;
use crate::catalog;

/// Search and check the texts that tenants may be shown.
#[derive(Debug, Subcommand)]
pub enum CatalogCommand {
    /// List messages, resource types, actions and details.
    List(list::List),
    /// Show the meaning of an id or name, in every language.
    Show(show::Show),
    /// Check a directory of catalog files as a build does, and report every fault.
    #[command(after_help = "Example:\n  tidings catalog check /srv/site-catalog")]
    Check {
        /// The directory.
        #[arg(default_value = "catalog")]
        directory: PathBuf,
    },
    /// List failures that it does not cover, from the configured database.
    Gaps(gaps::Gaps),
    /// Write the whole catalog.
    #[command(after_help = "\
Examples:
  tidings catalog export > catalog.json
  tidings catalog export --format markdown --language zh_CN > catalog.md")]
    Export {
        /// Output format: for programs or for people.
        #[arg(long, value_enum, default_value_t = ExportFormat::Json)]
        format: ExportFormat,
        /// Language of the texts, such as `en` or `zh_CN`.
        #[arg(long, default_value = "en")]
        language: String,
    },
}

/// The formats of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// The answer of `GET /catalog`.
    Json,
    /// A document.
    Markdown,
}

impl CatalogCommand {
    /// Only the list of gaps needs a configuration.
    pub(super) fn run(
        &self,
        context: impl FnOnce(&mut Output) -> Result<Context, Failure>,
        output: &mut Output,
    ) -> Result<(), Failure> {
        match self {
            Self::Gaps(gaps) => gaps.run(&context(output)?, output),
            Self::List(list) => list.run(output),
            Self::Show(show) => show.run(output),
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

fn check(directory: &std::path::Path, output: &mut Output) -> Result<(), Failure> {
    let checked = catalog::check_directory(directory)
        .map_err(Failure::io(format!("{} cannot be read", directory.display())))?;
    match checked {
        Ok(found) => {
            for line in &found.unlisted {
                output.line(&format!("missing from ids.txt: {line}"))?;
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
