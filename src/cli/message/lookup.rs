//! Selects the messages of a command.

use uuid::Uuid;

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::message::{Message, Scope};
use crate::store::{self, Store};

/// Returns the scope of `--project`, or of all projects without it.
pub(super) fn scope(context: &Context, project: Option<&str>) -> Result<Scope, Failure> {
    let Some(project) = project else {
        return Ok(Scope::All);
    };
    context.check_project(project)?;
    Ok(Scope::Project(project.to_owned()))
}

pub(super) fn id(text: &str) -> Result<Uuid, String> {
    Uuid::try_parse(text).map_err(|_| "is not a message id".to_owned())
}

pub(super) async fn find(store: &Store, id: Uuid) -> Result<Message, Failure> {
    store
        .read(move |conn| store::message::show(conn, &Scope::All, id).map(|row| row.to_message()))
        .await
        .map_err(|error| match error {
            store::Error::NotFound => Failure::NotFound(format!("no message {id}")),
            error => Failure::store("the message cannot be read")(error),
        })
}
