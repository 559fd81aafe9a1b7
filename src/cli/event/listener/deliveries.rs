//! `tidings event listener deliveries` and `test`.

use clap::Args;
use serde_json::Value;

use super::call::{Call, Selection, delivery_id, listener_id};
use super::listeners::Listeners;
use crate::cli::columns::TableColumn;
use crate::cli::failure::Failure;
use crate::cli::output::{Format, Output};
use crate::store::delivery::State;

/// List the deliveries of a listener, the newest first, or the attempts of one.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tidings event listener deliveries --listener-id 0195e1f4-79f6-7b5c-a2b6-4a5b8a9b8a11 --state dead
  tidings event listener deliveries --listener-id 0195e1f4-79f6-7b5c-a2b6-4a5b8a9b8a11 \\
    --delivery-id 0195e1f5-0f1f-7c4e-9f36-1c9a4a0e1d22")]
pub struct Deliveries {
    /// Id of the event listener.
    #[arg(long, value_name = "ID")]
    listener_id: String,
    /// Show the attempts of this delivery, which has the id of its event.
    #[arg(long, value_name = "ID", conflicts_with_all = ["state", "marker", "limit"])]
    delivery_id: Option<String>,
    /// Only deliveries in this state.
    #[arg(long, value_parser = State::ALL.map(State::name))]
    state: Option<String>,
    /// Start after this delivery.
    #[arg(long, value_name = "ID")]
    marker: Option<String>,
    /// The most deliveries to list.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: u32,
    /// Show all columns, even if they do not fit the terminal.
    #[arg(long)]
    long: bool,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    output: Format,
}

/// Send a listener a test event.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  tidings event listener test --listener-id 0195e1f4-79f6-7b5c-a2b6-4a5b8a9b8a11

A running server delivers it. `deliveries --delivery-id` shows what the receiver answered.")]
pub struct Test {
    /// Id of the event listener.
    #[arg(long, value_name = "ID")]
    listener_id: String,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    output: Format,
}

const COLUMNS: [TableColumn; 7] = [
    TableColumn::id("event_id"),
    TableColumn::id("event_type").rank(2),
    TableColumn::id("created_at").rank(4),
    TableColumn::id("state"),
    TableColumn::id("attempts_made").rank(1),
    TableColumn::id("next_attempt_at").rank(3),
    TableColumn::prose("reason"),
];

const ATTEMPTS: [TableColumn; 5] = [
    TableColumn::id("started_at"),
    TableColumn::id("milliseconds").rank(1),
    TableColumn::id("delivered"),
    TableColumn::id("status"),
    TableColumn::prose("answer"),
];

impl Deliveries {
    pub(super) fn run(&self, listeners: &Listeners, output: &mut Output) -> Result<(), Failure> {
        let listener = listener_id(&self.listener_id)?;
        if let Some(delivery) = &self.delivery_id {
            let delivery = delivery_id(delivery)?;
            let found = listeners.answer(Call::Delivery { listener, delivery })?;
            return match self.output {
                Format::Table => output.list(&ATTEMPTS, rows(&ATTEMPTS, &found["attempts"]), self.long),
                Format::Json => output.json(&found),
            };
        }
        let selection = Selection {
            state: self.state.clone(),
            marker: self.marker.as_deref().map(delivery_id).transpose()?,
            limit: self.limit,
        };
        let page = listeners.answer(Call::Deliveries(listener, selection))?;
        let found = &page["deliveries"];
        match self.output {
            Format::Table => output.list(&COLUMNS, rows(&COLUMNS, found), self.long)?,
            Format::Json => output.json(found)?,
        }
        if let Some(marker) = page["marker"].as_str() {
            output.more("deliveries", &marker);
        }
        Ok(())
    }
}

impl Test {
    pub(super) fn run(&self, listeners: &Listeners, output: &mut Output) -> Result<(), Failure> {
        let delivery = listeners.answer(Call::Test(listener_id(&self.listener_id)?))?;
        match (self.output, delivery["event_id"].as_str()) {
            (Format::Table, Some(id)) => output.line(id),
            _ => output.json(&delivery),
        }
    }
}

/// Returns a row for each object, with the members that columns are named after.
fn rows(columns: &[TableColumn], objects: &Value) -> Vec<Vec<String>> {
    let text = |value: &Value| match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let row = |object: &Value| columns.iter().map(|column| text(&object[column.name])).collect();
    objects.as_array().into_iter().flatten().map(row).collect()
}
