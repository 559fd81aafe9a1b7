//! `tidings ingest --replay`.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use serde_json::json;

use super::Ingest;
use crate::bus::Notification;
use crate::cli::context::{self, Context};
use crate::cli::failure::Failure;
use crate::cli::message;
use crate::cli::output::{Format, Output};
use crate::event::Reporter;
use crate::ingest::Planner;
use crate::ingest::replay::{self, Replay, Target};
use crate::ingest::{Tally, Told};
use crate::message::Message;
use crate::store::ingest::{Known, Outcome};

/// Notifications of one transaction.
const CHUNK: usize = 500;

const HEAD: [&str; 7] = [
    "line", "outcome", "project", "event_id", "message", "resource", "by",
];

/// Replays a file and shows what became of it.
pub(super) fn run(
    ingest: &Ingest,
    file: &Path,
    context: &Context,
    output: &mut Output,
) -> Result<(), Failure> {
    let planner =
        Planner::new(&context.config).map_err(|error| Failure::Unconfigured(error.to_string()))?;
    let lines = open(file)?;
    let read = |target| Reading {
        replay: Replay::new(planner, target),
        exchange: &ingest.exchange,
        chunk: Vec::with_capacity(CHUNK),
        seen: Seen::default(),
    };
    let seen = if ingest.dry_run {
        let reading = read(Target::Dry(Known::default()));
        context::runtime()?.block_on(reading.take_all(lines, context, output))?
    } else {
        let reporter = Reporter::new(&context.config);
        context.with_store(|store| read(Target::Store(store, reporter)).take_all(lines, context, output))?
    };
    seen.show(ingest.output, output)?;
    match seen.wrong {
        0 => Ok(()),
        wrong => Err(Failure::Data(format!(
            "{wrong} lines are wrong and were passed over"
        ))),
    }
}

fn open(file: &Path) -> Result<Box<dyn BufRead>, Failure> {
    if file.as_os_str() == "-" {
        return Ok(Box::new(BufReader::new(io::stdin())));
    }
    let opened = File::open(file).map_err(Failure::io(format!("{} cannot be read", file.display())))?;
    Ok(Box::new(BufReader::with_capacity(1 << 20, opened)))
}

/// What a replay has shown.
#[derive(Default)]
struct Seen {
    /// What was made, with the line that it was made of.
    told: Vec<(usize, Told)>,
    tally: Tally,
    wrong: usize,
}

/// A file on its way through the rules.
struct Reading<'a> {
    replay: Replay,
    exchange: &'a str,
    /// What goes together into the next transaction, and the lines that it stands in.
    chunk: Vec<(usize, Notification)>,
    seen: Seen,
}

impl Reading<'_> {
    async fn take_all(
        mut self,
        lines: Box<dyn BufRead>,
        context: &Context,
        output: &mut Output,
    ) -> Result<Seen, Failure> {
        for (number, line) in (1..).zip(lines.lines()) {
            let line = line.map_err(Failure::io("the notifications cannot be read"))?;
            if line.trim().is_empty() {
                continue;
            }
            match replay::line(&line) {
                Ok(notification) => self.chunk.push((number, notification)),
                Err(error) => {
                    self.seen.wrong += 1;
                    output.note(&format!("tidings: line {number}: {error}"));
                }
            }
            if self.chunk.len() == CHUNK {
                self.take(context, output).await?;
            }
        }
        self.take(context, output).await?;
        self.seen.tally = self.replay.tally();
        Ok(self.seen)
    }

    /// Takes the chunk that was read.
    async fn take(&mut self, context: &Context, output: &mut Output) -> Result<(), Failure> {
        let (numbers, notifications): (Vec<usize>, Vec<Notification>) = self.chunk.drain(..).unzip();
        let now = context.clock.now();
        let taken = self.replay.take(&notifications, self.exchange, now).await;
        let taken = taken.map_err(Failure::store("the messages cannot be recorded"))?;
        let number = |index: u64| {
            let index = usize::try_from(index).unwrap_or(usize::MAX);
            numbers.get(index).copied().unwrap_or_default()
        };
        for (index, reason) in taken.refused {
            output.note(&format!("tidings: line {}: {reason}", number(index)));
        }
        let told = taken.told.into_iter().map(|told| (number(told.index), told));
        self.seen.told.extend(told);
        Ok(())
    }
}

impl Seen {
    fn show(&self, format: Format, output: &mut Output) -> Result<(), Failure> {
        let tally = self.tally;
        match format {
            Format::Json => output.json(&json!({
                "messages": self.rows().map(|(line, told, message)| object(line, told, message)).collect::<Vec<_>>(),
                "received": tally.received,
                "recorded": tally.recorded,
                "repeated": tally.repeated,
                "ownerless": tally.ownerless,
                "refused": tally.refused,
                "own": tally.own,
                "unruled": tally.unruled,
            })),
            Format::Table => {
                output.table(&HEAD, self.rows().map(|(line, told, message)| row(line, told, message)).collect())?;
                output.line(&format!(
                    "{} notifications: {} messages, {} reported before, {} of nobody known, {} refused, {} own, {} without a rule",
                    tally.received,
                    tally.recorded,
                    tally.repeated,
                    tally.ownerless,
                    tally.refused,
                    tally.own,
                    tally.unruled
                ))
            }
        }
    }

    fn rows(&self) -> impl Iterator<Item = (usize, &Told, &Message)> {
        let told = self.told.iter();
        told.flat_map(|(line, told)| told.messages.iter().map(move |message| (*line, told, message)))
    }
}

fn row(line: usize, told: &Told, message: &Message) -> Vec<String> {
    vec![
        line.to_string(),
        outcome(&told.outcome).to_owned(),
        message.project_id.clone(),
        message.event_id.clone(),
        message::text(message),
        message.resource_uuid.clone().unwrap_or_default(),
        told.by.to_owned(),
    ]
}

fn object(line: usize, told: &Told, message: &Message) -> serde_json::Value {
    let mut value = message::json(message);
    if let Some(object) = value.as_object_mut() {
        object.insert("line".to_owned(), line.into());
        object.insert("outcome".to_owned(), outcome(&told.outcome).into());
        object.insert("by".to_owned(), told.by.into());
    }
    value
}

fn outcome(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Recorded { .. } => "recorded",
        Outcome::Repeated => "repeated",
        Outcome::Ownerless => "ownerless",
    }
}
