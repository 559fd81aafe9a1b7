//! `tidings notification`: failure notifications in the configured database.

mod cancel;
mod change;
mod create;
mod import;
mod list;
mod retry;
mod row;
mod show;
mod view;

use clap::Subcommand;

use super::context::Context;
use super::failure::Failure;
use super::output::Output;

/// Work with failure notifications, directly in the configured database.
#[derive(Debug, Subcommand)]
pub enum NotificationCommand {
    /// List failure notifications, the newest first.
    List(list::List),
    /// Show a failure notification with its history.
    Show(show::Show),
    /// Report a failure, as a monitor does.
    Create(create::Create),
    /// Let a failed notification be tried again.
    Retry(retry::Retry),
    /// Withdraw a notification that is not final.
    Cancel(cancel::Cancel),
    /// Copy segments, hosts and notifications from a database of Masakari.
    Import(import::Import),
}

impl NotificationCommand {
    pub(super) fn run(&self, context: &Context, output: &mut Output) -> Result<(), Failure> {
        match self {
            Self::List(list) => list.run(context, output),
            Self::Show(show) => show.run(context, output),
            Self::Create(create) => create.run(context, output),
            Self::Retry(retry) => retry.run(context, output),
            Self::Cancel(cancel) => cancel.run(context, output),
            Self::Import(import) => import.run(context, output),
        }
    }
}
