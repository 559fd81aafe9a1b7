//! `tidings ingest`.

mod consume;
mod lines;
mod replay;
mod shown;

use std::path::{Path, PathBuf};

use clap::Args;

use super::context::Context;
use super::failure::Failure;
use super::output::{Format, Output};
use replay::Options;

/// Turn other services' notifications into messages.
#[derive(Debug, Args)]
#[command(after_help = "\
Reads what services send to the brokers of [ingest] transport_url, and records messages by the
rules of the catalog. Runs until SIGTERM or SIGINT; several may run at once and share the work.
`tidings serve` does the same where [ingest] enabled is true. Metrics are served at the address
of [metrics] bind.

With --replay, notifications are read from a file, one JSON object a line: as they go over the
bus, in either version, or under the key `notification`. With --dry-run nothing is recorded,
and no database is needed: what a message is about is known to belong to a project only from
the notifications before it. Wrong lines are named and passed over; exit code 65 says that
there were any.

Examples:
  tidings ingest --config-file /etc/tidings/tidings.conf
  tidings ingest --replay captured.jsonl --dry-run
  tidings ingest --replay captured.jsonl")]
pub struct Ingest {
    /// Read notifications from this file; - for standard input.
    #[arg(long, value_name = "FILE")]
    replay: Option<PathBuf>,
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
    pub(super) fn run(&self, config_file: Option<&Path>, output: &mut Output) -> Result<(), Failure> {
        match &self.replay {
            Some(file) => {
                let options = Options {
                    is_dry_run: self.dry_run,
                    exchange: &self.exchange,
                    format: self.output,
                };
                replay::run(file, options, &Context::load(config_file, output)?, output)
            }
            None => consume::run(config_file),
        }
    }
}
