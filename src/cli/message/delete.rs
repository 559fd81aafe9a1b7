//! `tidings message delete`.

use clap::Args;
use uuid::Uuid;

use super::lookup::id;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::event::Reporter;
use crate::message::Scope;
use crate::store;

/// Delete messages.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  tidings message delete 01a1fd14-665e-75fb-9f3e-186393d4299a")]
pub struct Delete {
    /// The ids. The command stops at the first unknown id; those before it are deleted.
    #[arg(required = true, value_parser = id)]
    ids: Vec<Uuid>,
}

impl Delete {
    pub(super) fn run(&self, context: &Context, output: &mut Output) -> Result<(), Failure> {
        let reporter = Reporter::new(&context.config);
        let reporter = &reporter;
        context.with_store(|store| async move {
            for id in self.ids.iter().copied() {
                let (reporter, now) = (reporter.clone(), context.clock.now());
                store
                    .write(move |tx| store::message::delete(tx, &Scope::All, id, &reporter, None, now))
                    .await
                    .map_err(|error| match error {
                        store::Error::NotFound => Failure::NotFound(format!("no message {id}")),
                        error => Failure::store("the message cannot be deleted")(error),
                    })?;
                output.line(&format!("deleted {id}"))?;
            }
            Ok(())
        })
    }
}
