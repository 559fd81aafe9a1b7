//! `tidings notification retry`.

use clap::Args;
use uuid::Uuid;

use super::change::change;
use crate::cli::arguments;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::recovery;

/// Let a failed notification be tried again.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  tidings notification retry 4c4d4a1e-53a3-4ed4-9d6c-3b5de6a2d3ad")]
pub struct Retry {
    /// Id of the notification, whose status is error or failed.
    #[arg(value_name = "ID", value_parser = arguments::id)]
    id: Uuid,
}

impl Retry {
    pub(super) fn run(&self, context: &Context, output: &mut Output) -> Result<(), Failure> {
        let changed = change(context, self.id, "error or failed", recovery::retry)?;
        output.line(&format!("{} is {}", self.id, changed.status.name()))
    }
}
