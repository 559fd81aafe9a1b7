//! `tidings segment`: segments and their hosts in the configured database.

mod change;
mod host;
mod list;
mod place;
mod show;

use clap::Subcommand;

use super::context::Context;
use super::failure::Failure;
use super::output::Output;

/// Work with segments and their hosts, directly in the configured database.
#[derive(Debug, Subcommand)]
pub enum SegmentCommand {
    /// List the segments.
    List(list::List),
    /// Show a segment with its hosts.
    Show(show::Show),
    /// Create a segment.
    Create(change::Create),
    /// Delete a segment with its hosts.
    Delete(change::Delete),
    /// Add a host to a segment.
    AddHost(host::AddHost),
    /// Change a host.
    SetHost(host::SetHost),
    /// Remove a host from its segment.
    RemoveHost(host::RemoveHost),
}

impl SegmentCommand {
    pub(super) fn run(&self, context: &Context, output: &mut Output) -> Result<(), Failure> {
        match self {
            Self::List(list) => list.run(context, output),
            Self::Show(show) => show.run(context, output),
            Self::Create(create) => create.run(context, output),
            Self::Delete(delete) => delete.run(context, output),
            Self::AddHost(add) => add.run(context, output),
            Self::SetHost(set) => set.run(context, output),
            Self::RemoveHost(remove) => remove.run(context, output),
        }
    }
}
