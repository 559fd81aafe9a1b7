//! `tidings message import`.

mod file;
mod loading;
mod service;

use std::path::PathBuf;

use clap::{ArgGroup, Args};

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::store::foreign::ForeignService;

/// Import messages from a file or another service's database, keeping their ids and times.
#[derive(Debug, Args)]
#[group(skip)]
#[command(group = ArgGroup::new("source").required(true).multiple(false))]
#[command(after_help = "\
Each line of a file is a JSON object with the names of block storage's columns: id,
project_id, event_id, action_id, detail_id, resource_type, resource_uuid, request_id,
message_level, created_at, expires_at, parameters. The first invalid line ends the import;
the lines before it stay imported.

From the database of block storage (Cinder) or the shared file system (Manila), only the
table of messages is read, and nothing is written. URL is the database's URL, also in
SQLAlchemy's form, or the service's configuration file, whose [database] connection is used:
a URL on the command line shows its password to everyone on this machine. Invalid rows are
reported and skipped; exit code 65 means that there were any.

action_id, detail_id and resource_type are derived from a composed event_id if they are
missing. A row is invalid if its columns contradict its event_id, if its message_level is
not ERROR, WARNING or INFO, if its project_id does not match [api] project_id_regex, or if
its times lie outside the years 1 to 9999.

Messages whose id already exists and rows that are marked as deleted are skipped, so an
import can be repeated. With --update, an existing message that differs is replaced: this
repairs what an older version imported.

Examples:
  tidings message import rows.ndjson
  tidings message export > rows.ndjson && tidings message import --update rows.ndjson
  tidings message import --from-cinder /etc/cinder/cinder.conf
  tidings message import --from-manila mysql+pymysql://tidings@db.example.org/manila")]
pub struct Import {
    /// An NDJSON file (- for standard input).
    #[arg(group = "source")]
    file: Option<PathBuf>,
    /// Block storage's database.
    #[arg(long, value_name = "URL", group = "source")]
    from_cinder: Option<String>,
    /// The shared file system's database.
    #[arg(long, value_name = "URL", group = "source")]
    from_manila: Option<String>,
    /// Replace existing messages that differ.
    #[arg(long)]
    update: bool,
}

impl Import {
    pub(super) fn run(&self, context: &Context, output: &mut Output) -> Result<(), Failure> {
        if let Some(file) = &self.file {
            return file::import(file, self.update, context, output);
        }
        if let Some(place) = &self.from_cinder {
            return service::import(ForeignService::Cinder, place, self.update, context, output);
        }
        let place = self.from_manila.as_deref().unwrap_or_default();
        service::import(ForeignService::Manila, place, self.update, context, output)
    }
}
