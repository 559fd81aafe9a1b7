//! `tidings event listener deliveries`.

use clap::Args;
use serde_json::Value;

use super::call::{Call, Selection, delivery_id, listener_id};
use super::listeners::Listeners;
use crate::cli::columns::TableColumn;
use crate::cli::failure::Failure;
use crate::cli::output::{Format, Output};
use crate::store::delivery::State;

/// List the deliveries of a listener, the newest first.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tidings event listener deliveries --listener-id 0195e1f4-79f6-7b5c-a2b6-4a5b8a9b8a11 --state dead
  tidings event listener deliveries --listener-id 0195e1f4-79f6-7b5c-a2b6-4a5b8a9b8a11 --output json

A delivery has the id of its event. JSON shows the attempts.")]
pub struct Deliveries {
    /// Id of the event listener.
    #[arg(long, value_name = "ID")]
    listener_id: String,
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

const COLUMNS: [TableColumn; 6] = [
    TableColumn::id("id"),
    TableColumn::id("created_at").rank(3),
    TableColumn::id("state"),
    TableColumn::id("attempts").rank(1),
    TableColumn::id("due").rank(2),
    TableColumn::prose("reason"),
];

impl Deliveries {
    pub(super) fn run(&self, listeners: &Listeners, output: &mut Output) -> Result<(), Failure> {
        let marker = self.marker.as_deref().map(delivery_id).transpose()?;
        let selection = Selection {
            state: self.state.clone(),
            marker,
            limit: self.limit,
        };
        let found = listeners.answer(Call::Deliveries(listener_id(&self.listener_id)?, selection))?;
        if self.output == Format::Json {
            return output.json(&found);
        }
        let rows = found.as_array().into_iter().flatten().map(row).collect();
        output.list(&COLUMNS, rows, self.long)
    }
}

fn row(delivery: &Value) -> Vec<String> {
    let text = |name: &str| match &delivery[name] {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    ["id", "created_at", "state", "attempt_count", "due", "reason"]
        .map(text)
        .to_vec()
}
