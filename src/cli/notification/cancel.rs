//! `tidings notification cancel`.

use clap::Args;
use uuid::Uuid;

use super::change::change;
use crate::cli::arguments;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::recovery;

/// Withdraw a notification that is not final.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  tidings notification cancel 4c4d4a1e-53a3-4ed4-9d6c-3b5de6a2d3ad

An engine that works on it is refused at its next call. What it has changed stays changed.")]
pub struct Cancel {
    /// Id of the notification, whose status is new, running or error.
    #[arg(value_name = "ID", value_parser = arguments::id)]
    id: Uuid,
}

impl Cancel {
    pub(super) fn run(&self, context: &Context, output: &mut Output) -> Result<(), Failure> {
        let changed = change(context, self.id, "new, running or error", recovery::cancel)?;
        output.line(&format!("{} is {}", self.id, changed.status.name()))
    }
}
