//! The output of a replay, in parts, since a file may have any length.

use serde_json::json;

use crate::cli::failure::Failure;
use crate::cli::message::view;
use crate::cli::output::{Format, Output};
use crate::ingest::{ProcessedNotification, Tally};
use crate::message::Message;
use crate::store::ingest::IngestOutcome;

const HEAD: [&str; 7] = [
    "line", "outcome", "project", "event_id", "message", "resource", "by",
];

/// Messages shown together, as one table with common column widths.
const TOGETHER: usize = 10_000;

/// Output not yet shown, with the line numbers of its input.
pub(super) struct Shown {
    format: Format,
    told: Vec<(usize, ProcessedNotification)>,
    /// The number of these messages.
    messages: usize,
    /// Whether nothing has been shown so far.
    is_first: bool,
}

impl Shown {
    /// Starts with nothing to show.
    pub(super) fn new(format: Format) -> Self {
        Self {
            format,
            told: Vec::new(),
            messages: 0,
            is_first: true,
        }
    }

    /// Adds the next results.
    pub(super) fn add(
        &mut self,
        told: impl Iterator<Item = (usize, ProcessedNotification)>,
        output: &mut Output,
    ) -> Result<(), Failure> {
        for (line, told) in told {
            self.messages += told.messages.len();
            self.told.push((line, told));
            if self.messages >= TOGETHER {
                self.show(output)?;
            }
        }
        Ok(())
    }

    /// Shows the rest, and the totals.
    pub(super) fn end(mut self, tally: Tally, output: &mut Output) -> Result<(), Failure> {
        if self.is_first || !self.told.is_empty() {
            self.show(output)?;
        }
        match self.format {
            Format::Json => {
                let tally = json!({
                    "received": tally.received,
                    "recorded": tally.recorded,
                    "repeated": tally.repeated,
                    "ownerless": tally.ownerless,
                    "refused": tally.refused,
                    "own": tally.own,
                    "unruled": tally.unruled,
                });
                let tally = tally.to_string();
                output.line(&format!("],{}", tally.trim_start_matches('{')))
            }
            Format::Table => output.line(&format!(
                "{} notifications: {} messages, {} repeated, {} without an owner, {} refused, {} own, {} without a rule",
                tally.received,
                tally.recorded,
                tally.repeated,
                tally.ownerless,
                tally.refused,
                tally.own,
                tally.unruled
            )),
        }
    }

    fn show(&mut self, output: &mut Output) -> Result<(), Failure> {
        let told = std::mem::take(&mut self.told);
        self.messages = 0;
        let is_first = std::mem::replace(&mut self.is_first, false);
        let rows = told
            .iter()
            .flat_map(|(line, told)| told.messages.iter().map(move |message| (*line, told, message)));
        if let Format::Table = self.format {
            let rows = rows.map(|(line, told, message)| row(line, told, message));
            return output.table(&HEAD, rows.collect());
        }
        let mut text = String::new();
        for (line, told, message) in rows {
            text.push_str(if text.is_empty() && is_first { "" } else { "," });
            text.push_str(&object(line, told, message).to_string());
        }
        let begin = if is_first { "{\"messages\":[" } else { "" };
        write!(output.stream(), "{begin}{text}").map_err(Failure::io("the output cannot be written"))
    }
}

fn row(line: usize, told: &ProcessedNotification, message: &Message) -> Vec<String> {
    vec![
        line.to_string(),
        outcome(&told.outcome).to_owned(),
        message.project_id.clone(),
        message.event_id.clone(),
        view::text(message),
        message.resource_uuid.clone().unwrap_or_default(),
        told.by.to_owned(),
    ]
}

fn object(line: usize, told: &ProcessedNotification, message: &Message) -> serde_json::Value {
    let mut value = view::json(message);
    if let Some(object) = value.as_object_mut() {
        object.insert("line".to_owned(), line.into());
        object.insert("outcome".to_owned(), outcome(&told.outcome).into());
        object.insert("by".to_owned(), told.by.into());
    }
    value
}

fn outcome(outcome: &IngestOutcome) -> &'static str {
    match outcome {
        IngestOutcome::Recorded { .. } => "recorded",
        IngestOutcome::Repeated => "repeated",
        IngestOutcome::Ownerless => "ownerless",
    }
}
