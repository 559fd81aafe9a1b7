//! `tidings message`: a file for each command.

mod create;
mod delete;
mod export;
mod import;
mod list;
mod lookup;
mod show;
pub(super) mod view;

use clap::Subcommand;

use super::context::Context;
use super::failure::Failure;
use super::output::Output;

/// Work with messages, directly in the configured database.
#[derive(Debug, Subcommand)]
pub enum MessageCommand {
    /// Record a message.
    Create(create::Create),
    /// List messages, newest first.
    List(list::List),
    /// Show one message.
    Show(show::Show),
    /// Delete messages.
    Delete(delete::Delete),
    /// Import messages from a file or another service's database, keeping their ids and times.
    Import(import::Import),
    /// Write all messages as NDJSON, which `import` reads.
    Export(export::Export),
}

impl MessageCommand {
    pub(super) fn run(&self, context: &Context, output: &mut Output) -> Result<(), Failure> {
        match self {
            Self::Create(create) => create.run(context, output),
            Self::List(list) => list.run(context, output),
            Self::Show(show) => show.run(context, output),
            Self::Delete(delete) => delete.run(context, output),
            Self::Import(import) => import.run(context, output),
            Self::Export(export) => export.run(context, output),
        }
    }
}
