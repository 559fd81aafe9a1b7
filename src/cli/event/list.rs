//! `tidings event list`.

use clap::Args;
use uuid::Uuid;

use crate::cli::arguments;
use crate::cli::columns::TableColumn;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::{Format, Output};
use crate::event::{Envelope, Priority};
use crate::message::time;
use crate::store;
use crate::store::event::EventFilter;

/// List the events kept for audits, newest first.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tidings event list --priority ERROR --since 2026-11-21T00:00:00
  tidings event list --type image.delete --project p1 --output json

[events] keep sets for how many days events are kept; by default they are not kept.")]
pub struct List {
    /// Only events of this type.
    #[arg(long = "type", value_name = "TYPE")]
    event_type: Option<String>,
    /// Only events of this priority: INFO, WARN or ERROR.
    #[arg(long, value_parser = priority)]
    priority: Option<Priority>,
    /// Only events about this project.
    #[arg(long)]
    project: Option<String>,
    /// Only events reported at or after this time (UTC).
    #[arg(long, value_name = "TIME", value_parser = arguments::time)]
    since: Option<i64>,
    /// Only events reported before this time (UTC).
    #[arg(long, visible_alias = "before", value_name = "TIME", value_parser = arguments::time)]
    until: Option<i64>,
    /// Start after this event.
    #[arg(long)]
    marker: Option<Uuid>,
    /// The most events to list.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    /// Show all columns, even if they do not fit the terminal.
    #[arg(long)]
    long: bool,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    output: Format,
}

const COLUMNS: [TableColumn; 7] = [
    TableColumn::id("message_id"),
    TableColumn::id("timestamp").rank(1),
    TableColumn::id("priority").rank(3),
    TableColumn::id("event_type"),
    TableColumn::id("publisher_id").rank(4),
    TableColumn::id("project").rank(2),
    TableColumn::id("request_id").long(),
];

impl List {
    pub(super) fn run(&self, context: &Context, output: &mut Output) -> Result<(), Failure> {
        self.project
            .as_deref()
            .map_or(Ok(()), |project| context.check_project(project))?;
        let filter = EventFilter {
            event_type: self.event_type.clone(),
            priority: self.priority,
            project_id: self.project.clone(),
            since: self.since,
            until: self.until,
            marker: self.marker,
        };
        if let (Some(since), Some(until)) = (self.since, self.until)
            && since >= until
        {
            return Err(Failure::Data("--since: must be earlier than --until".to_owned()));
        }
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let mut events = context.with_store(|store| async move {
            let read = store
                .read(move |conn| store::event::list(conn, &filter, limit.saturating_add(1), usize::MAX));
            read.await.map(|page| page.events).map_err(|error| match error {
                store::Error::NotFound => Failure::NotFound("--marker: no event has this id".to_owned()),
                error => Failure::store("the events cannot be read")(error),
            })
        })?;
        let has_more = events.len() > limit;
        events.truncate(limit);
        match self.output {
            Format::Table => output.list(&COLUMNS, events.iter().map(row).collect(), self.long)?,
            Format::Json => output.json(&events.iter().map(json).collect())?,
        }
        if let Some(last) = events.last().filter(|_| has_more) {
            output.more("events", &last.message_id);
        }
        Ok(())
    }
}

fn row(event: &Envelope) -> Vec<String> {
    vec![
        event.message_id.to_string(),
        time::format(event.timestamp),
        event.priority.to_string(),
        event.event_type.clone(),
        event.publisher_id.clone(),
        event.project_id.clone().unwrap_or_default(),
        event.request_id.clone().unwrap_or_default(),
    ]
}

fn json(event: &Envelope) -> serde_json::Value {
    let raw = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap_or_default();
    serde_json::json!({
        "message_id": event.message_id.to_string(),
        "publisher_id": event.publisher_id,
        "event_type": event.event_type,
        "priority": event.priority.name(),
        "timestamp": time::format(event.timestamp),
        "payload": raw(&event.payload),
        "project_id": event.project_id,
        "request_id": event.request_id,
        "call_report": event.call_report.as_deref().map(raw),
    })
}

fn priority(text: &str) -> Result<Priority, String> {
    Priority::from_name(text).ok_or_else(|| "must be INFO, WARN or ERROR".to_owned())
}
