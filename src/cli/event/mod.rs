//! `tidings event`: a file for each command.

mod list;
mod send;
mod show;
mod types;

use clap::Subcommand;

use super::context::Context;
use super::failure::Failure;
use super::output::Output;

/// Work with events, in the configured database directly.
#[derive(Debug, Subcommand)]
pub enum EventCommand {
    /// Report an event, as a service does.
    Send(send::Send),
    /// List the types of events.
    Types(types::Types),
    /// Show when a type is reported and what its payload holds.
    Show(show::Show),
    /// List the events that are kept for audits, the newest first.
    List(list::List),
}

impl EventCommand {
    /// Only the commands on the database need a configuration.
    pub(super) fn run(
        &self,
        context: impl FnOnce(&mut Output) -> Result<Context, Failure>,
        output: &mut Output,
    ) -> Result<(), Failure> {
        match self {
            Self::Send(send) => send.run(&context(output)?, output),
            Self::Types(types) => types.run(output),
            Self::Show(show) => show.run(output),
            Self::List(list) => list.run(&context(output)?, output),
        }
    }
}
