//! `tidings message show`.

use clap::Args;
use uuid::Uuid;

use super::lookup::{find, id};
use super::view::{expires_at, json, remedy, text};
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::{Format, Output};
use crate::message::{Message, time};

/// Show one message.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  tidings message show 01a1fd14-665e-75fb-9f3e-186393d4299a --output json")]
pub struct Show {
    /// The message's id.
    #[arg(value_parser = id)]
    id: Uuid,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    output: Format,
}

impl Show {
    pub(super) fn run(&self, context: &Context, output: &mut Output) -> Result<(), Failure> {
        let id = self.id;
        let message = context.with_store(|store| async move { find(&store, id).await })?;
        match self.output {
            Format::Json => output.json(&json(&message)),
            Format::Table => output.table(&["field", "value"], fields(&message)),
        }
    }
}

fn fields(message: &Message) -> Vec<Vec<String>> {
    let or_empty = |text: &Option<String>| text.clone().unwrap_or_default();
    [
        ("id", message.id.to_string()),
        ("project_id", message.project_id.clone()),
        ("message", text(message)),
        ("remedy", remedy(message)),
        ("message_level", message.message_level.clone()),
        ("event_id", message.event_id.clone()),
        ("resource_type", or_empty(&message.resource_type)),
        ("resource_uuid", or_empty(&message.resource_uuid)),
        ("request_id", message.request_id.clone()),
        ("parameters", or_empty(&message.parameters)),
        ("created_at", time::format(message.created_at)),
        ("guaranteed_until", expires_at(message)),
    ]
    .into_iter()
    .map(|(field, value)| vec![field.to_owned(), value])
    .collect()
}
