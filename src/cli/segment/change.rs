//! `tidings segment create` and `delete`.

use clap::Args;
use serde_json::json;
use uuid::Uuid;

use super::place::{self, OPEN, write};
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::failure::{RecoveryMethod, SegmentFields};
use crate::recovery::{Change, segment_changed};
use crate::store::failure;

/// Create a segment.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  tidings segment create rack1 --recovery-method auto --service-type compute"
)]
pub struct Create {
    /// Its name.
    #[arg(value_name = "NAME")]
    name: String,
    /// How the instances of a failed host are recovered.
    #[arg(long, value_parser = RecoveryMethod::ALL.map(RecoveryMethod::name), default_value = "auto")]
    recovery_method: String,
    /// What its hosts run.
    #[arg(long, value_name = "TYPE", default_value = "compute")]
    service_type: String,
    /// What it is for.
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
}

/// Delete a segment with its hosts.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  tidings segment delete rack1")]
pub struct Delete {
    /// Name or id of the segment.
    #[arg(value_name = "SEGMENT")]
    segment: String,
}

impl Create {
    pub(super) fn run(&self, context: &Context, output: &mut Output) -> Result<(), Failure> {
        let body = json!({ "segment": {
            "name": self.name,
            "recovery_method": self.recovery_method,
            "service_type": self.service_type,
            "description": self.description,
        }});
        let fields = SegmentFields::check(&body, true, true);
        let fields = fields.map_err(|fault| Failure::Data(fault.to_string()))?;
        let uuid = Uuid::new_v4();
        let conflict = "there is a segment of this name";
        write(context, &self.name, conflict, move |tx, reporter, now| {
            let segment = failure::insert_segment(tx, &fields.clone().into_segment(uuid, now))?;
            segment_changed(tx, reporter, Change::Create, &segment, now)
        })?;
        output.line(&uuid.to_string())
    }
}

impl Delete {
    pub(super) fn run(&self, context: &Context, output: &mut Output) -> Result<(), Failure> {
        let name = self.segment.clone();
        write(context, &self.segment, OPEN, move |tx, reporter, now| {
            let segment = place::segment(tx.conn(), &name)?;
            failure::delete_segment(tx, segment.uuid)?;
            segment_changed(tx, reporter, Change::Delete, &segment, now)
        })?;
        output.line(&format!("deleted {}", self.segment))
    }
}
