//! `tidings segment show`.

use clap::Args;
use serde_json::{Value, json};

use super::list::segment_json;
use super::place::{self, failure_of};
use crate::cli::columns::TableColumn;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::{Format, Output};
use crate::failure::Host;
use crate::store::Read;
use crate::store::failure::{self, HostFilter, Page};

/// The most hosts shown.
const MOST: i64 = 10_000;

/// Show a segment with its hosts.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  tidings segment show rack1")]
pub struct Show {
    /// Name or id of the segment.
    #[arg(value_name = "SEGMENT")]
    segment: String,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    output: Format,
}

const COLUMNS: [TableColumn; 5] = [
    TableColumn::id("uuid"),
    TableColumn::prose("name"),
    TableColumn::id("type").rank(1),
    TableColumn::id("reserved"),
    TableColumn::id("on_maintenance"),
];

impl Show {
    pub(super) fn run(&self, context: &Context, output: &mut Output) -> Result<(), Failure> {
        let name = self.segment.clone();
        let (segment, hosts) = context.with_store(|store| async move {
            let read = store.read(move |read: &mut Read<'_>| {
                let segment = place::segment(read, &name)?;
                let hosts = failure::hosts(read, segment.uuid, &HostFilter::default(), &Page::newest(MOST))?;
                Ok((segment, hosts))
            });
            read.await.map_err(|error| failure_of(error, &self.segment))
        })?;
        match self.output {
            Format::Table => {
                let enabled = if segment.is_enabled { "enabled" } else { "disabled" };
                let method = segment.recovery_method.name();
                output.line(&format!("{} {}: {method}, {enabled}", segment.uuid, segment.name))?;
                output.list(&COLUMNS, hosts.iter().map(row).collect(), false)
            }
            Format::Json => {
                let mut json = segment_json(&segment);
                json["hosts"] = hosts.iter().map(host_json).collect();
                output.json(&json)
            }
        }
    }
}

fn row(host: &Host) -> Vec<String> {
    vec![
        host.uuid.to_string(),
        host.name.clone(),
        host.kind.clone(),
        host.is_reserved.to_string(),
        host.on_maintenance.to_string(),
    ]
}

fn host_json(host: &Host) -> Value {
    json!({
        "id": host.id,
        "uuid": host.uuid.to_string(),
        "name": host.name,
        "type": host.kind,
        "control_attributes": host.control_attributes,
        "reserved": host.is_reserved,
        "on_maintenance": host.on_maintenance,
    })
}
