//! `tidings ingest --replay`.

use std::fs::File;
use std::io::{self, BufReader};
use std::path::Path;

use super::Ingest;
use super::lines::{LONGEST, Line, Lines};
use super::shown::Shown;
use crate::bus::Notification;
use crate::cli::context::{self, Context};
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::event::Reporter;
use crate::ingest::Planner;
use crate::ingest::replay::{self, Replay, Target};
use crate::store::ingest::Known;

/// Notifications of one transaction.
const CHUNK: usize = 500;

/// Replays a file and shows what became of it.
pub(super) fn run(
    ingest: &Ingest,
    file: &Path,
    context: &Context,
    output: &mut Output,
) -> Result<(), Failure> {
    let planner = Planner::new(&context.config).map_err(|error| Failure::Unconfigured(error.to_string()))?;
    let lines = open(file)?;
    let read = |target| Reading {
        replay: Replay::new(planner, target),
        exchange: &ingest.exchange,
        chunk: Vec::with_capacity(CHUNK),
        shown: Shown::new(ingest.output),
        wrong: 0,
    };
    let wrong = if ingest.dry_run {
        let reading = read(Target::Dry(Known::default()));
        context::runtime()?.block_on(reading.take_all(lines, context, output))?
    } else {
        let reporter = Reporter::new(&context.config);
        context.with_store(|store| read(Target::Store(store, reporter)).take_all(lines, context, output))?
    };
    match wrong {
        0 => Ok(()),
        wrong => Err(Failure::Data(format!(
            "{wrong} lines are wrong and were passed over"
        ))),
    }
}

fn open(file: &Path) -> Result<Lines, Failure> {
    if file.as_os_str() == "-" {
        return Ok(Lines::new(Box::new(BufReader::new(io::stdin()))));
    }
    let opened = File::open(file).map_err(Failure::io(format!("{} cannot be read", file.display())))?;
    Ok(Lines::new(Box::new(BufReader::with_capacity(1 << 20, opened))))
}

/// A file on its way through the rules.
struct Reading<'a> {
    replay: Replay,
    exchange: &'a str,
    /// What goes together into the next transaction, and the lines that it stands in.
    chunk: Vec<(usize, Notification)>,
    shown: Shown,
    wrong: usize,
}

impl Reading<'_> {
    /// Gives the number of lines that are wrong.
    async fn take_all(
        mut self,
        mut lines: Lines,
        context: &Context,
        output: &mut Output,
    ) -> Result<usize, Failure> {
        let unread = || Failure::io("the notifications cannot be read");
        while let Some(line) = lines.next().map_err(unread())? {
            let read = match line {
                Line::Text(text) if text.trim().is_empty() => continue,
                Line::Text(text) => replay::line(&text).map_err(|error| error.to_string()),
                Line::TooLong => Err(format!("it is longer than {LONGEST} bytes")),
            };
            match read {
                Ok(notification) => self.chunk.push((lines.number(), notification)),
                Err(error) => {
                    self.wrong += 1;
                    output.note(&format!("tidings: line {}: {error}", lines.number()));
                }
            }
            if self.chunk.len() == CHUNK {
                self.take(context, output).await?;
            }
        }
        self.take(context, output).await?;
        self.shown.end(self.replay.tally(), output)?;
        Ok(self.wrong)
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
        self.shown.add(told, output)
    }
}
