//! `tidings message create`.

use clap::{ArgGroup, Args};
use uuid::Uuid;

use super::view::{COLUMNS, json, row};
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::{Format, Output};
use crate::event::{Origin, Reporter};
use crate::message::{Draft, Parameters};
use crate::store::Batch;

/// Record a message.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tidings message create --project p1 --event-id VOLUME_000002
  tidings message create --project p1 --resource-type VOLUME_SNAPSHOT --action SNAPSHOT_CREATE \\
      --detail QUOTA_EXCEED --resource-uuid 5e6a3d6e-5a0e-4b0e-8a52-0d2a51b4c1a7")]
#[command(group(ArgGroup::new("code").args(["event_id", "action"]).required(true).multiple(true)))]
pub struct Create {
    /// The project that may read the message.
    #[arg(long)]
    project: String,
    /// A code of the catalog.
    #[arg(long)]
    event_id: Option<String>,
    /// An action's id or name; requires --resource-type.
    #[arg(long)]
    action: Option<String>,
    /// A detail's id or name.
    #[arg(long)]
    detail: Option<String>,
    /// The name of the exception that was raised.
    #[arg(long)]
    exception: Option<String>,
    /// The type of the resource that the message is about.
    #[arg(long)]
    resource_type: Option<String>,
    /// The id of the resource.
    #[arg(long)]
    resource_uuid: Option<String>,
    /// The request that caused it: `req-` and a UUID.
    #[arg(long)]
    request_id: Option<String>,
    /// ERROR, WARNING or INFO, instead of the catalog's level.
    #[arg(long)]
    level: Option<String>,
    /// An argument of the text; can be given several times.
    #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = parameter)]
    parameters: Vec<(String, serde_json::Value)>,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    output: Format,
}

impl Create {
    pub(super) fn run(&self, context: &Context, output: &mut Output) -> Result<(), Failure> {
        context.check_project(&self.project)?;
        let checked = self.draft().check().map_err(|faults| {
            let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
            Failure::Data(faults.join("; "))
        })?;
        let ttl = context.config.messages.ttl_seconds();
        // Without a request, the message's id stands in, as for imported rows.
        let id = Uuid::now_v7();
        let message = checked.into_message(id, &self.project, context.clock.now(), ttl, &format!("req-{id}"));
        let reporter = Reporter::new(&context.config);
        let batch = || {
            let origin = Origin::of(&message.project_id, &message.request_id);
            let told = std::iter::once((origin, message.payload()));
            Batch {
                messages: [message.clone()].into(),
                events: reporter.recorded(told, message.created_at),
                key: None,
            }
        };
        context.with_store(|store| async move {
            let recorded = store.record(batch).await;
            recorded.map_err(Failure::store("the message cannot be recorded"))
        })?;
        match self.output {
            Format::Json => output.json(&json(&message)),
            Format::Table => output.list(&COLUMNS, vec![row(&message)], false),
        }
    }

    fn draft(&self) -> Draft {
        Draft {
            event_id: self.event_id.clone(),
            action: self.action.clone(),
            detail: self.detail.clone(),
            exception: self.exception.clone(),
            resource_type: self.resource_type.clone(),
            resource_uuid: self.resource_uuid.clone(),
            request_id: self.request_id.clone(),
            message_level: self.level.clone(),
            parameters: Parameters(self.parameters.clone()),
        }
    }
}

/// Keeps numbers as numbers; anything else is a string.
fn parameter(text: &str) -> Result<(String, serde_json::Value), String> {
    let (name, value) = text
        .split_once('=')
        .ok_or_else(|| "must have the form NAME=VALUE".to_owned())?;
    let value = value.parse::<i64>().map_or_else(|_| value.into(), Into::into);
    Ok((name.to_owned(), value))
}
