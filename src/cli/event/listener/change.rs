//! `tidings event listener email|http|amqp|pull create|update`.

use clap::{Args, Subcommand};
use serde_json::Value;

use super::call::{Call, listener_id};
use super::fields::{ListenerFields, Options};
use super::listeners::Listeners;
use crate::cli::failure::Failure;
use crate::cli::output::{Format, Output};
use crate::listener;

/// Manage listeners of one kind.
#[derive(Debug, Subcommand)]
pub enum KindCommand<O: Options> {
    /// Create a listener.
    Create(Box<Create<O>>),
    /// Update a listener.
    Update(Box<Update<O>>),
}

/// Create a listener.
#[derive(Debug, Args)]
#[command(
    mut_args = |argument| { let is_required = O::REQUIRED.contains(&argument.get_id().as_str()); argument.required(is_required) },
    after_help = O::CREATE
)]
pub struct Create<O: Options> {
    #[command(flatten)]
    types: EventTypes,
    #[command(flatten)]
    options: O,
    #[command(flatten)]
    general: General,
    /// The project whose events it gets; without one, it gets the events of the whole cloud.
    #[arg(long, value_name = "ID")]
    project: Option<String>,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    output: Format,
}

/// Update a listener.
#[derive(Debug, Args)]
#[command(after_help = O::UPDATE)]
pub struct Update<O: Options> {
    /// Id of the event listener.
    #[arg(long, value_name = "ID")]
    listener_id: String,
    #[command(flatten)]
    types: EventTypes,
    #[command(flatten)]
    options: O,
    #[command(flatten)]
    general: General,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    output: Format,
}

#[derive(Debug, Args)]
struct EventTypes {
    /// An event type, a prefix such as "repo.*", or "*" for all types; may be specified multiple times. See `tidings event types`.
    #[arg(long = "event-type", value_name = "TYPE")]
    event_types: Vec<String>,
}

/// What listeners of all kinds have.
#[derive(Debug, Args)]
struct General {
    /// A name that is unique in its project: creating the same listener again changes nothing.
    #[arg(long)]
    name: Option<String>,
    /// A description.
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// The form of the body; by default, Pulp's.
    #[arg(long, value_name = "FORMAT", value_parser = listener::Format::ALL.map(listener::Format::name))]
    format: Option<String>,
    /// The language of texts, such as `zh_CN`.
    #[arg(long, value_name = "TAG")]
    language: Option<String>,
    /// Whether events of one resource are delivered in order.
    #[arg(long, value_parser = ["none", "resource"])]
    order: Option<String>,
    /// The seconds to wait before each further attempt, separated by commas, or "none"; an empty text restores the
    /// default.
    #[arg(long, value_name = "SECONDS", value_parser = retry)]
    retry: Option<Retry>,
    /// Let it get events; a new listener does.
    #[arg(long, conflicts_with = "disabled")]
    enabled: bool,
    /// Let it get no events.
    #[arg(long)]
    disabled: bool,
}

#[derive(Debug, Clone)]
struct Retry(Value);

fn retry(text: &str) -> Result<Retry, String> {
    match text {
        "" => return Ok(Retry(Value::Null)),
        "none" => return Ok(Retry(Value::Array(Vec::new()))),
        _ => {}
    }
    let waits = text.split(',').map(|wait| wait.trim().parse::<u32>());
    let waits: Result<Vec<u32>, _> = waits.collect();
    let waits = waits.map_err(|_| "must be whole seconds separated by commas, such as 5,300,1800")?;
    Ok(Retry(waits.into()))
}

impl<O: Options> KindCommand<O> {
    pub(super) fn run(&self, listeners: &Listeners, output: &mut Output) -> Result<(), Failure> {
        match self {
            Self::Create(create) => create.run(listeners, output),
            Self::Update(update) => update.run(listeners, output),
        }
    }
}

impl<O: Options> Create<O> {
    fn run(&self, listeners: &Listeners, output: &mut Output) -> Result<(), Failure> {
        let mut fields = ListenerFields::default();
        fields.set("notifier_type", O::KIND.name());
        set(&mut fields, &self.types, &self.options, &self.general)?;
        let created = listeners.answer(Call::Create {
            project: self.project.clone(),
            members: fields.finish(),
        })?;
        report(
            output,
            self.output,
            &created,
            "Event listener successfully created",
        )
    }
}

impl<O: Options> Update<O> {
    fn run(&self, listeners: &Listeners, output: &mut Output) -> Result<(), Failure> {
        let id = listener_id(&self.listener_id)?;
        let mut fields = ListenerFields::default();
        set(&mut fields, &self.types, &self.options, &self.general)?;
        let changes = fields.finish();
        if changes.is_empty() {
            output.line("No changes were made")?;
            return output.line("");
        }
        let updated = listeners.answer(Call::Update(id, changes))?;
        report(
            output,
            self.output,
            &updated,
            "Event listener successfully updated",
        )
    }
}

fn set(
    fields: &mut ListenerFields,
    types: &EventTypes,
    options: &impl Options,
    general: &General,
) -> Result<(), Failure> {
    if !types.event_types.is_empty() {
        fields.set("event_types", types.event_types.clone());
    }
    options.set(fields)?;
    fields.set_text("name", general.name.as_ref());
    fields.set_text("description", general.description.as_ref());
    fields.set_text("format", general.format.as_ref());
    fields.set_text("language", general.language.as_ref());
    fields.set_text("order", general.order.as_ref());
    if let Some(Retry(waits)) = &general.retry {
        fields.set("retry", waits.clone());
    }
    if general.enabled || general.disabled {
        fields.set("enabled", general.enabled);
    }
    Ok(())
}

/// Says what was done, as Pulp's client does: a line and an empty one.
pub(super) fn report(
    output: &mut Output,
    format: Format,
    listener: &Value,
    text: &str,
) -> Result<(), Failure> {
    match format {
        Format::Table => {
            output.line(text)?;
            output.line("")
        }
        Format::Json => output.json(listener),
    }
}
