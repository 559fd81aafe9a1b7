//! `tidings event`: a file or folder for each command.

mod list;
mod listener;
mod send;
mod show;
mod types;

use clap::Subcommand;

use super::context::Context;
use super::failure::Failure;
use super::output::Output;

/// Work with events and event listeners.
#[derive(Debug, Subcommand)]
pub enum EventCommand {
    /// Report an event, as a service does.
    Send(send::Send),
    /// List the event types.
    Types(types::Types),
    /// Show when a type is reported and what its payload contains.
    Show(show::Show),
    /// List the events kept for audits, newest first.
    List(list::List),
    /// Manage event listeners.
    Listener(listener::Listener),
}

impl EventCommand {
    /// Only commands that use the database need a configuration.
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
            Self::Listener(listener) => listener.run(context, output),
        }
    }
}
