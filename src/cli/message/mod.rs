//! `tidings message`: a file for each command.

mod create;
mod delete;
mod export;
mod import;
mod line;
mod list;
mod show;

use clap::Subcommand;
use uuid::Uuid;

use super::columns::Column;
use super::context::Context;
use super::failure::Failure;
use super::output::Output;
use crate::catalog::{Language, Stored};
use crate::message::{Message, Scope, time};
use crate::store::{self, Store};

/// Work with messages, in the configured database directly.
#[derive(Debug, Subcommand)]
pub enum MessageCommand {
    /// Record a message.
    Create(create::Create),
    /// List messages, the newest first.
    List(list::List),
    /// Show one message.
    Show(show::Show),
    /// Delete messages.
    Delete(delete::Delete),
    /// Read messages from a file, with their ids and times.
    Import(import::Import),
    /// Write all messages, as lines that `import` reads.
    Export(export::Export),
}

impl MessageCommand {
    pub(super) fn run(&self, context: &Context, output: &mut Output) -> Result<(), Failure> {
        match self {
            Self::Create(create) => create.run(context, output),
            Self::List(list) => list.run(context, output),
            Self::Show(show) => show.run(context, output),
            Self::Delete(delete) => delete.run(context, output),
            Self::Import(import) => import.run(context, output),
            Self::Export(export) => export.run(context, output),
        }
    }
}

/// The scope that `--project` names; all projects without it.
fn scope(context: &Context, project: Option<&str>) -> Result<Scope, Failure> {
    let Some(project) = project else {
        return Ok(Scope::All);
    };
    context.check_project(project)?;
    Ok(Scope::Project(project.to_owned()))
}

fn id(text: &str) -> Result<Uuid, String> {
    Uuid::try_parse(text).map_err(|_| "is not a message id".to_owned())
}

async fn find(store: &Store, id: Uuid) -> Result<Message, Failure> {
    store
        .read(move |conn| store::message::show(conn, &Scope::All, id).map(|row| row.to_message()))
        .await
        .map_err(|error| match error {
            store::Error::NotFound => Failure::NotFound(format!("there is no message {id}")),
            error => Failure::store("the message cannot be read")(error),
        })
}

/// What the message tells, as prose.
pub(super) fn text(message: &Message) -> String {
    let mut text = String::new();
    // Writing into memory does not fail.
    let _ = stored(message).write_prose(&mut text, language());
    text
}

fn remedy(message: &Message) -> String {
    let mut text = String::new();
    let _ = stored(message).write_remedy(&mut text, language());
    text
}

fn stored(message: &Message) -> Stored<'_> {
    Stored {
        event_id: &message.event_id,
        action_id: message.action_id.as_deref(),
        detail_id: message.detail_id.as_deref(),
        resource_type: message.resource_type.as_deref(),
        parameters: message.parameters.as_deref(),
    }
}

/// The language of the terminal.
fn language() -> Language {
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    // A locale reads zh_CN.UTF-8.
    locale.map_or_else(Language::default, |locale| {
        Language::negotiate(&locale.split('.').next().unwrap_or_default().replace('_', "-"))
    })
}

/// A message as JSON for scripts: what is stored, and what it says.
pub(super) fn json(message: &Message) -> serde_json::Value {
    let mut value = serde_json::to_value(line::Line::from(message)).unwrap_or_default();
    if let Some(object) = value.as_object_mut() {
        object.insert("user_message".to_owned(), text(message).into());
    }
    value
}

/// A message as a row of [`COLUMNS`].
fn row(message: &Message) -> Vec<String> {
    vec![
        message.id.to_string(),
        message.project_id.clone(),
        time::format(message.created_at),
        message.message_level.clone(),
        message.event_id.clone(),
        text(message),
        message.resource_uuid.clone().unwrap_or_default(),
        message.resource_type.clone().unwrap_or_default(),
        message.request_id.clone(),
        expires_at(message),
    ]
}

/// How long the message is kept for certain.
fn expires_at(message: &Message) -> String {
    message
        .expires_at
        .map_or_else(|| "never".to_owned(), time::format)
}

const COLUMNS: [Column; 10] = [
    Column::id("id"),
    Column::id("project").rank(3),
    Column::id("created_at").rank(2),
    Column::id("level").rank(1),
    Column::id("event_id").rank(4),
    Column::prose("message"),
    Column::id("resource").rank(5),
    Column::id("resource_type").long(),
    Column::id("request_id").long(),
    Column::id("guaranteed_until").long(),
];
