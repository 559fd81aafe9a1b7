//! `tidings event listener list`, `show`, `delete`, `enable` and `disable`.

use clap::Args;
use serde_json::{Map, Value};

use super::call::{Call, listener_id};
use super::change::report;
use super::layout;
use super::listeners::Listeners;
use crate::cli::failure::Failure;
use crate::cli::output::{Format, Output};

/// List the event listeners.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  tidings event listener list --project p1")]
pub struct List {
    /// Only listeners of this project.
    #[arg(long, value_name = "ID")]
    project: Option<String>,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    output: Format,
}

/// Show an event listener with all its settings.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  tidings event listener show --listener-id 0195e1f4-79f6-7b5c-a2b6-4a5b8a9b8a11"
)]
pub struct Show {
    /// Id of the event listener.
    #[arg(long, value_name = "ID")]
    listener_id: String,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    output: Format,
}

/// Delete an event listener with its deliveries.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  tidings event listener delete --listener-id 0195e1f4-79f6-7b5c-a2b6-4a5b8a9b8a11"
)]
pub struct Delete {
    /// Id of the event listener.
    #[arg(long, value_name = "ID")]
    listener_id: String,
}

/// Let a listener get events again.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  tidings event listener enable --listener-id 0195e1f4-79f6-7b5c-a2b6-4a5b8a9b8a11"
)]
pub struct Enable {
    /// Id of the event listener.
    #[arg(long, value_name = "ID")]
    listener_id: String,
}

/// Let a listener get no more events.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  tidings event listener disable --listener-id 0195e1f4-79f6-7b5c-a2b6-4a5b8a9b8a11"
)]
pub struct Disable {
    /// Id of the event listener.
    #[arg(long, value_name = "ID")]
    listener_id: String,
}

impl List {
    pub(super) fn run(&self, listeners: &Listeners, output: &mut Output) -> Result<(), Failure> {
        let project = self.project.clone();
        let found = listeners.answer(Call::List { project })?;
        if self.output == Format::Json {
            return output.json(&found);
        }
        for listener in found
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_object)
        {
            output.line(&layout::brief(listener))?;
            output.line("")?;
        }
        Ok(())
    }
}

impl Show {
    pub(super) fn run(&self, listeners: &Listeners, output: &mut Output) -> Result<(), Failure> {
        let found = listeners.answer(Call::Show(listener_id(&self.listener_id)?))?;
        match (self.output, found.as_object()) {
            (Format::Table, Some(listener)) => output.line(&layout::whole(&with_brief_states(listener))),
            _ => output.json(&found),
        }
    }
}

/// The listener with a text for the confirmation of each recipient: the address and how far it is.
fn with_brief_states(listener: &Map<String, Value>) -> Map<String, Value> {
    let mut listener = listener.clone();
    if let Some(Value::Array(confirmations)) = listener.get_mut("confirmations") {
        for confirmation in confirmations {
            let part = |name| confirmation[name].as_str().unwrap_or_default();
            *confirmation = format!("{} ({})", part("address"), part("state")).into();
        }
    }
    listener
}

impl Delete {
    pub(super) fn run(&self, listeners: &Listeners, output: &mut Output) -> Result<(), Failure> {
        let deleted = listeners.answer(Call::Delete(listener_id(&self.listener_id)?))?;
        report(
            output,
            Format::Table,
            &deleted,
            "Event listener successfully deleted",
        )
    }
}

impl Enable {
    pub(super) fn run(&self, listeners: &Listeners, output: &mut Output) -> Result<(), Failure> {
        turn(&self.listener_id, true, listeners)?;
        report(
            output,
            Format::Table,
            &Value::Null,
            "Event listener successfully enabled",
        )
    }
}

impl Disable {
    pub(super) fn run(&self, listeners: &Listeners, output: &mut Output) -> Result<(), Failure> {
        turn(&self.listener_id, false, listeners)?;
        report(
            output,
            Format::Table,
            &Value::Null,
            "Event listener successfully disabled",
        )
    }
}

fn turn(id: &str, is_on: bool, listeners: &Listeners) -> Result<Value, Failure> {
    let changes = Map::from_iter([("enabled".to_owned(), Value::from(is_on))]);
    listeners.answer(Call::Update(listener_id(id)?, changes))
}
