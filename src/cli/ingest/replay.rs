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
    let planner = Planner::new(&context.config);
    let lines = open(file)?;
    let seen = if ingest.dry_run {
        let replay = Replay::new(planner, Target::Dry(Known::default()));
        context::runtime()?.block_on(take_all(replay, lines, ingest, context, output))?
    } else {
        context.with_store(|store| {
            let replay = Replay::new(planner, Target::Store(store, Reporter::new(&context.config)));
            take_all(replay, lines, ingest, context, output)
        })?
    };
    seen.show(ingest.output, output)?;
    match seen.wrong {
        0 => Ok(()),
        wrong => Err(Failure::Data(format!(
            "{wrong} lines are wrong and were passed over"
        ))),
    }
}

/// What a replay has shown.
#[derive(Default)]
struct Seen {
    /// What was made, with the line that it was made of.
    told: Vec<(usize, Told)>,
    tally: Tally,
    wrong: usize,
}

fn open(file: &Path) -> Result<Box<dyn BufRead>, Failure> {
    if file.as_os_str() == "-" {
        return Ok(Box::new(BufReader::new(io::stdin())));
    }
    let opened = File::open(file).map_err(Failure::io(format!("{} cannot be read", file.display())))?;
    Ok(Box::new(BufReader::with_capacity(1 << 20, opened)))
}

async fn take_all(
    mut replay: Replay,
    lines: Box<dyn BufRead>,
    ingest: &Ingest,
    context: &Context,
    output: &mut Output,
) -> Result<Seen, Failure> {
    let mut seen = Seen::default();
    let (mut numbers, mut notifications): (Vec<usize>, Vec<Notification>) = Default::default();
    for (number, line) in (1..).zip(lines.lines()) {
        let line = line.map_err(Failure::io("the notifications cannot be read"))?;
        if line.trim().is_empty() {
            continue;
        }
        match replay::line(&line) {
            Ok(notification) => {
                numbers.push(number);
                notifications.push(notification);
            }
            Err(error) => {
                seen.wrong += 1;
                output.note(&format!("tidings: line {number}: {error}"));
            }
        }
        if notifications.len() == CHUNK {
            take(
                &mut replay,
                &numbers,
                &notifications,
                &mut seen,
                ingest,
                context,
                output,
            )
            .await?;
            numbers.clear();
            notifications.clear();
        }
    }
    take(
        &mut replay,
        &numbers,
        &notifications,
        &mut seen,
        ingest,
        context,
        output,
    )
    .await?;
    seen.tally = replay.tally();
    Ok(seen)
}

async fn take(
    replay: &mut Replay,
    numbers: &[usize],
    notifications: &[Notification],
    seen: &mut Seen,
    ingest: &Ingest,
    context: &Context,
    output: &mut Output,
) -> Result<(), Failure> {
    let now = context.clock.now();
    let taken = replay.take(notifications, &ingest.exchange, now).await;
    let taken = taken.map_err(Failure::store("the messages cannot be recorded"))?;
    let number = |index: u64| {
        usize::try_from(index)
            .ok()
            .and_then(|index| numbers.get(index))
            .copied()
    };
    for (index, reason) in taken.refused {
        output.note(&format!(
            "tidings: line {}: {reason}",
            number(index).unwrap_or_default()
        ));
    }
    seen.told.extend(
        taken
            .told
            .into_iter()
            .filter_map(|told| Some((number(told.index)?, told))),
    );
    Ok(())
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
