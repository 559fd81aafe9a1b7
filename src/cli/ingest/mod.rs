//! `tidings ingest`.

mod replay;

use std::path::PathBuf;

use clap::Args;

use super::context::Context;
use super::failure::Failure;
use super::output::{Format, Output};

/// Turn other services' notifications into messages.
#[derive(Debug, Args)]
#[command(after_help = "\
With --replay, notifications are read from a file, one JSON object a line: as they go over the
bus, in either version, or under the key `notification`. With --dry-run nothing is recorded,
and no database is needed: what a message is about is known to belong to a project only from
the notifications before it. Wrong lines are named and passed over; exit code 65 says that
there were any.

Examples:
  tidings ingest --replay captured.jsonl --dry-run
  tidings ingest --replay captured.jsonl")]
pub struct Ingest {
    /// Read notifications from this file; - for standard input.
    #[arg(long, value_name = "FILE", required = true)]
    replay: PathBuf,
    /// Only show what would be recorded.
    #[arg(long, requires = "replay")]
    dry_run: bool,
    /// The exchange that they are taken to have come through.
    #[arg(long, requires = "replay", default_value = "")]
    exchange: String,
    /// Form of the output.
    #[arg(long, requires = "replay", value_enum, default_value_t = Format::Table)]
    output: Format,
}

impl Ingest {
    pub(super) fn run(&self, context: &Context, output: &mut Output) -> Result<(), Failure> {
        replay::run(self, context, output)
    }
}
