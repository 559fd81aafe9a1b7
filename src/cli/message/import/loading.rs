//! Writes messages into the store, in transactions of a thousand.

use std::mem;

use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::config::Pattern;
use crate::message::{ExportLine, Message};
use crate::store::{self, Store};

/// Messages of one transaction.
const CHUNK: usize = 1000;

/// The outcome for the messages.
#[derive(Default)]
pub(super) struct Counts {
    pub(super) imported: usize,
    /// How many were replaced; `None` without `--update`.
    pub(super) updated: Option<usize>,
    pub(super) known: usize,
    pub(super) deleted: usize,
}

impl Counts {
    pub(super) fn report(&self, output: &mut Output) -> Result<(), Failure> {
        let updated = self
            .updated
            .map_or_else(String::new, |updated| format!("updated {updated}, "));
        output.line(&format!(
            "imported {} messages, {updated}{} already present, {} deleted at the source",
            self.imported, self.known, self.deleted
        ))
    }
}

/// Messages being written into the store.
pub(super) struct Loading {
    pub(super) store: Store,
    /// Matches the project ids that requests can address.
    pub(super) projects: Pattern,
    pub(super) chunk: Vec<Message>,
    pub(super) counts: Counts,
}

impl Loading {
    /// Starts an import. With `update`, existing messages that differ are replaced.
    pub(super) fn into(store: Store, update: bool, projects: &Pattern) -> Self {
        Self {
            store,
            projects: projects.clone(),
            chunk: Vec::with_capacity(CHUNK),
            counts: Counts {
                updated: update.then_some(0),
                ..Counts::default()
            },
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.chunk.len() >= CHUNK
    }

    pub(super) fn add(&mut self, line: ExportLine) -> Result<(), String> {
        if line.is_deleted() {
            self.counts.deleted += 1;
        } else {
            self.chunk.push(line.into_message(&self.projects)?);
        }
        Ok(())
    }

    /// Writes the buffered messages.
    pub(super) async fn flush(&mut self) -> Result<(), Failure> {
        let chunk = mem::replace(&mut self.chunk, Vec::with_capacity(CHUNK));
        if chunk.is_empty() {
            return Ok(());
        }
        let size = chunk.len();
        let update = self.counts.updated.is_some();
        let write = self.store.write(move |tx| {
            let updated = if update {
                store::message::correct(tx, &chunk)?
            } else {
                0
            };
            Ok((store::message::import(tx, &chunk)?, updated))
        });
        let (inserted, updated) = write
            .await
            .map_err(Failure::store("the messages cannot be written"))?;
        self.counts.imported += inserted;
        self.counts.known += size - inserted - updated;
        if let Some(total) = &mut self.counts.updated {
            *total += updated;
        }
        Ok(())
    }
}
