//! `tidings message list`.

use clap::Args;

use super::{HEAD, id, json, row, scope};
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::{Format, Output};
use crate::message::{Column, Condition, Query};
use crate::store;

/// List messages, the newest first.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  tidings message list --project p1 --level ERROR --limit 5 --output json")]
pub struct List {
    /// Only this project's.
    #[arg(long)]
    project: Option<String>,
    /// Only of this level.
    #[arg(long)]
    level: Option<String>,
    /// Only about resources of this type.
    #[arg(long)]
    resource_type: Option<String>,
    /// Only about this resource.
    #[arg(long)]
    resource_uuid: Option<String>,
    /// Only with this id of the catalog.
    #[arg(long)]
    event_id: Option<String>,
    /// Only of this request.
    #[arg(long)]
    request_id: Option<String>,
    /// Start after this message.
    #[arg(long, value_parser = id)]
    marker: Option<uuid::Uuid>,
    /// At most so many.
    #[arg(long, default_value_t = 50)]
    limit: u32,
    /// Form of the output.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    output: Format,
}

impl List {
    pub(super) fn run(&self, context: &Context, output: &mut Output) -> Result<(), Failure> {
        let query = self.query();
        let messages = context.with_store(|store| async move {
            let read = store.read(move |conn| {
                let mut messages = Vec::new();
                store::message::list(conn, &query, &mut |row| messages.push(row.to_message()))?;
                Ok(messages)
            });
            read.await.map_err(|error| match error {
                store::Error::NotFound => {
                    Failure::NotFound("there is no message with the marker's id".to_owned())
                }
                error => Failure::store("the messages cannot be read")(error),
            })
        })?;
        match self.output {
            Format::Json => output.json(&messages.iter().map(json).collect()),
            Format::Table => output.table(&HEAD, messages.iter().map(row).collect()),
        }
    }

    fn query(&self) -> Query {
        let mut query = Query::newest(scope(self.project.as_deref()), i64::from(self.limit));
        query.marker = self.marker;
        let upper = |text: &Option<String>| text.as_ref().map(|text| text.to_ascii_uppercase());
        let conditions = [
            (Column::MessageLevel, upper(&self.level)),
            (Column::ResourceType, upper(&self.resource_type)),
            (Column::ResourceUuid, self.resource_uuid.clone()),
            (Column::EventId, self.event_id.clone()),
            (Column::RequestId, self.request_id.clone()),
        ];
        for (column, value) in conditions {
            query
                .conditions
                .extend(value.map(|value| Condition::Equals(column, value)));
        }
        query
    }
}
