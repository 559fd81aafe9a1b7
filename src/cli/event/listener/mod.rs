//! `tidings event listener`.

mod http;

use clap::Subcommand;

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::Output;

/// Manage event listeners.
#[derive(Debug, Subcommand)]
pub enum ListenerCommand {
    /// Manage http listeners.
    #[command(subcommand)]
    Http(http::HttpCommand),
}

impl ListenerCommand {
    pub(super) fn run(&self, context: &Context, output: &mut Output) -> Result<(), Failure> {
        match self {
            Self::Http(command) => command.run(context, output),
        }
    }
}
