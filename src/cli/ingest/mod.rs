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
Consumes the notifications that services send to the brokers of [ingest] transport_url, and
records messages by the catalog's rules. Runs until SIGTERM or SIGINT; several instances may
run at once and share the work. `tidings serve` does the same if [ingest] enabled is true.
Metrics are served at the address in [metrics] bind.

With --replay, notifications are read from a file with one JSON object per line: in either
version's form on the bus, or under the key `notification`. With --dry-run nothing is recorded
and no database is needed; the owner of a resource is then known only from preceding
notifications. Invalid lines are reported and skipped; exit code 65 means that there were
any.

Examples:
  tidings ingest --config-file /etc/tidings/tidings.conf
  tidings ingest --replay captured.jsonl --dry-run
  tidings ingest --replay captured.jsonl")]
pub struct Ingest {
    /// Read notifications from this file (- for standard input).
    #[arg(long, value_name = "FILE")]
    replay: Option<PathBuf>,
    /// Only show what would be recorded.
    #[arg(long, requires = "replay")]
    dry_run: bool,
    /// The exchange that the notifications are assumed to come from.
    #[arg(long, requires = "replay", default_value = "")]
    exchange: String,
    /// Output format.
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
