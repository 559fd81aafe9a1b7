//! `tidings segment add-host`, `set-host` and `remove-host`.

use clap::{ArgGroup, Args};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::place::{self, OPEN, write};
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::failure::HostFields;
use crate::recovery::{Change, host_changed};
use crate::store::{Error, failure};

/// Add a host to a segment.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  tidings segment add-host rack1 compute1 --control-attributes SSH")]
pub struct AddHost {
    /// Name or id of the segment.
    #[arg(value_name = "SEGMENT")]
    segment: String,
    /// Name of the host, as Nova and the monitors know it.
    #[arg(value_name = "NAME")]
    name: String,
    /// What it runs.
    #[arg(long = "type", value_name = "TYPE", default_value = "COMPUTE")]
    kind: String,
    /// How it is controlled.
    #[arg(long, value_name = "TEXT", default_value = "none")]
    control_attributes: String,
    /// Keep it free for recoveries.
    #[arg(long)]
    reserved: bool,
}

/// Change a host.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("flags").args(["on_maintenance", "reserved"]).required(true).multiple(true)))]
#[command(after_help = "\
Examples:
  tidings segment set-host compute1 --on-maintenance false
  tidings segment set-host compute2 --reserved true

A host is put under maintenance when it has failed. Reports about it are refused until it is set to
false. While a notification of its segment is not final, its hosts cannot be changed.")]
pub struct SetHost {
    /// Name or id of the host.
    #[arg(value_name = "HOST")]
    host: String,
    /// Whether reports about it are refused.
    #[arg(long, value_name = "BOOLEAN")]
    on_maintenance: Option<bool>,
    /// Whether it is kept free for recoveries.
    #[arg(long, value_name = "BOOLEAN")]
    reserved: Option<bool>,
}

/// Remove a host from its segment.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  tidings segment remove-host compute1")]
pub struct RemoveHost {
    /// Name or id of the host.
    #[arg(value_name = "HOST")]
    host: String,
}

impl AddHost {
    pub(super) fn run(&self, context: &Context, output: &mut Output) -> Result<(), Failure> {
        let body = json!({ "host": {
            "name": self.name,
            "type": self.kind,
            "control_attributes": self.control_attributes,
            "reserved": self.reserved,
        }});
        let fields = fields(&body, true)?;
        let (uuid, segment) = (Uuid::new_v4(), self.segment.clone());
        let conflict = format!("there is a host of the name {}", self.name);
        write(context, &self.segment, &conflict, move |tx, reporter, now| {
            let segment = place::segment(tx.conn(), &segment)?;
            let host = fields.clone().into_host(segment.uuid, uuid, now);
            let host = failure::insert_host(tx, &host)?;
            host_changed(tx, reporter, Change::Create, &host, &segment, now)
        })?;
        output.line(&uuid.to_string())
    }
}

impl SetHost {
    pub(super) fn run(&self, context: &Context, output: &mut Output) -> Result<(), Failure> {
        let flags = [
            ("on_maintenance", self.on_maintenance),
            ("reserved", self.reserved),
        ];
        let given = flags
            .iter()
            .filter_map(|(name, flag)| Some(((*name).to_owned(), Value::from((*flag)?))));
        let members: Map<String, Value> = given.collect();
        let fields = fields(&json!({ "host": members }), false)?;
        let name = self.host.clone();
        write(context, &self.host, OPEN, move |tx, reporter, now| {
            let mut host = place::host(tx.conn(), &name)?;
            refuse_open(failure::has_open(tx.conn(), host.segment_uuid)?)?;
            fields.clone().apply(&mut host);
            host.updated_at = Some(now);
            failure::update_host(tx, &host)?;
            let segment = failure::segment(tx.conn(), host.segment_uuid)?;
            host_changed(tx, reporter, Change::Update, &host, &segment, now)
        })?;
        output.line(&format!("changed {}", self.host))
    }
}

impl RemoveHost {
    pub(super) fn run(&self, context: &Context, output: &mut Output) -> Result<(), Failure> {
        let name = self.host.clone();
        write(context, &self.host, OPEN, move |tx, reporter, now| {
            let host = place::host(tx.conn(), &name)?;
            let segment = failure::segment(tx.conn(), host.segment_uuid)?;
            failure::delete_host(tx, host.uuid)?;
            refuse_open(failure::has_open(tx.conn(), segment.uuid)?)?;
            host_changed(tx, reporter, Change::Delete, &host, &segment, now)
        })?;
        output.line(&format!("removed {}", self.host))
    }
}

fn fields(body: &Value, is_new: bool) -> Result<HostFields, Failure> {
    HostFields::check(body, is_new).map_err(|fault| Failure::Data(fault.to_string()))
}

/// As in the API, a segment with notifications that are not final stays as it is.
fn refuse_open(is_open: bool) -> Result<(), Error> {
    if is_open {
        return Err(Error::Conflict(
            "a notification of the segment is open".to_owned(),
        ));
    }
    Ok(())
}
