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

/// Read messages from a file or from another service's database, with their ids and times.
#[derive(Debug, Args)]
#[group(skip)]
#[command(group = ArgGroup::new("source").required(true).multiple(false))]
#[command(after_help = "\
Each line of a file is a JSON object in the names of block storage's columns: id,
project_id, event_id, action_id, detail_id, resource_type, resource_uuid, request_id,
message_level, created_at, expires_at, parameters. The first wrong line ends the import;
the lines before it stay imported.

From the database of block storage (Cinder) or the shared file system (Manila) its table of
messages is read, and never written. URL is its URL, also in SQLAlchemy's form, or the
service's configuration file, whose [database] connection is taken: a URL on the command
line shows its password to everybody on this machine. Wrong rows are named and passed over;
exit code 65 says that there were any.

action_id, detail_id and resource_type are derived from a composed event_id where they are
missing, and a row whose columns contradict its event_id is wrong. So is one whose
message_level is not ERROR, WARNING or INFO, whose project_id does not match [api]
project_id_regex, or whose times lie outside the years 1 to 9999.

Messages whose id is there already and rows that are marked as deleted are passed over, so
an import can be repeated. With --update a message whose id is there already is replaced
where it differs: that repairs what an older version imported.

Examples:
  tidings message import rows.ndjson
  tidings message export > rows.ndjson && tidings message import --update rows.ndjson
  tidings message import --from-cinder /etc/cinder/cinder.conf
  tidings message import --from-manila mysql+pymysql://tidings@db.example.org/manila")]
pub struct Import {
    /// A file of NDJSON; - for standard input.
    #[arg(group = "source")]
    file: Option<PathBuf>,
    /// Block storage's database.
    #[arg(long, value_name = "URL", group = "source")]
    from_cinder: Option<String>,
    /// The shared file system's database.
    #[arg(long, value_name = "URL", group = "source")]
    from_manila: Option<String>,
    /// Replace messages whose id is there already, where they differ.
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
