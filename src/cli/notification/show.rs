//! `tidings notification show`.

use std::time::Duration;

use clap::Args;
use uuid::Uuid;

use super::view::{History, step_line, update_line};
use crate::cli::arguments;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::{Format, Output};
use crate::message::time;
use crate::store::failure::{Page, VMoveFilter};
use crate::store::{self, Read, Store, failure};

/// How often `--watch` looks.
const LOOK: Duration = Duration::from_millis(500);

/// The most moves shown.
const MOST_MOVES: i64 = 1000;

/// Show a failure notification with its history.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tidings notification show 4c4d4a1e-53a3-4ed4-9d6c-3b5de6a2d3ad
  tidings notification show 4c4d4a1e-53a3-4ed4-9d6c-3b5de6a2d3ad --watch")]
pub struct Show {
    /// Id of the notification.
    #[arg(value_name = "ID", value_parser = arguments::id)]
    id: Uuid,
    /// Print each change as it happens, until the notification is final.
    #[arg(long, conflicts_with = "output")]
    watch: bool,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    output: Format,
}

impl Show {
    pub(super) fn run(&self, context: &Context, output: &mut Output) -> Result<(), Failure> {
        if self.watch {
            return context.with_store(|store| async move { self.follow(&store, output).await });
        }
        let history = context.with_store(|store| async move { load(&store, self.id).await })?;
        match self.output {
            Format::Table => output.table(&["field", "value"], history.rows()),
            Format::Json => output.json(&history.json()),
        }
    }

    /// Prints each line once. The status comes first, as a new notification has no lines yet.
    async fn follow(&self, store: &Store, output: &mut Output) -> Result<(), Failure> {
        let (mut updates, mut steps) = (0, 0);
        let mut history = load(store, self.id).await?;
        output.note(&format!("{} is {}", self.id, history.notification.status.name()));
        loop {
            let new_updates = history.updates.iter().skip(updates).map(update_line);
            let new_steps = history.steps.iter().skip(steps).map(step_line);
            let mut new: Vec<(i64, String)> = new_updates.chain(new_steps).collect();
            new.sort_by_key(|(at, _)| *at);
            for (at, line) in new {
                output.line(&format!("{} {line}", time::format(at)))?;
            }
            (updates, steps) = (history.updates.len(), history.steps.len());
            if history.notification.status.is_final() {
                return Ok(());
            }
            tokio::time::sleep(LOOK).await;
            history = load(store, self.id).await?;
        }
    }
}

async fn load(store: &Store, id: Uuid) -> Result<History, Failure> {
    let read = store.read(move |read: &mut Read<'_>| {
        Ok(History {
            notification: failure::notification(read, id)?,
            updates: failure::updates(read, id)?,
            steps: failure::steps(read, id)?,
            vmoves: failure::vmoves(read, id, &VMoveFilter::default(), &Page::newest(MOST_MOVES))?,
        })
    });
    read.await.map_err(|error| failure_of(error, id))
}

/// The failure of a command about one notification.
pub(super) fn failure_of(error: store::Error, id: Uuid) -> Failure {
    match error {
        store::Error::NotFound => Failure::NotFound(format!("no notification has the id {id}")),
        store::Error::Conflict(text) => Failure::Data(text),
        error => Failure::store("the notification cannot be read or changed")(error),
    }
}
