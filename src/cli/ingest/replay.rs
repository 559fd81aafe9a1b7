//! `tidings ingest --replay`.

use std::fs::File;
use std::io::{self, BufReader};
use std::path::Path;

use super::lines::{InputLine, InputLines, LONGEST};
use super::shown::Shown;
use crate::cli::context::{self, Context};
use crate::cli::failure::Failure;
use crate::cli::output::{Format, Output};
use crate::event::Reporter;
use crate::ingest::Planner;
use crate::ingest::replay::{Gathered, Replay, ReplayTarget};
use crate::store::ingest::IngestState;

/// Notifications per transaction.
const CHUNK: usize = 500;

/// Bytes of input after which a transaction ends early: an order can make many messages from a short line.
const CHUNK_BYTES: usize = 4 << 20;

/// How to replay a file.
#[derive(Clone, Copy)]
pub(super) struct Options<'a> {
    /// Whether to record nothing.
    pub(super) is_dry_run: bool,
    /// The exchange that the notifications are assumed to come from.
    pub(super) exchange: &'a str,
    pub(super) format: Format,
}

/// Replays a file and shows the outcome of each notification.
pub(super) fn run(
    file: &Path,
    options: Options<'_>,
    context: &Context,
    output: &mut Output,
) -> Result<(), Failure> {
    let planner = Planner::new(&context.config).map_err(|error| Failure::Unconfigured(error.to_string()))?;
    let lines = open(file)?;
    let read = |target| Reading {
        replay: Replay::new(planner, target),
        exchange: options.exchange,
        shown: Shown::new(options.format),
        wrong: 0,
    };
    let wrong = if options.is_dry_run {
        let reading = read(ReplayTarget::Dry(IngestState::default()));
        context::runtime()?.block_on(reading.take_all(lines, context, output))?
    } else {
        let reporter = Reporter::new(&context.config);
        context
            .with_store(|store| read(ReplayTarget::Store(store, reporter)).take_all(lines, context, output))?
    };
    match wrong {
        0 => Ok(()),
        wrong => Err(Failure::Data(format!("{wrong} invalid lines were skipped"))),
    }
}

fn open(file: &Path) -> Result<InputLines, Failure> {
    if file.as_os_str() == "-" {
        return Ok(InputLines::new(Box::new(BufReader::new(io::stdin()))));
    }
    let opened = File::open(file).map_err(Failure::io(format!("{} cannot be read", file.display())))?;
    Ok(InputLines::new(Box::new(BufReader::with_capacity(
        1 << 20,
        opened,
    ))))
}

/// A replay in progress.
struct Reading<'a> {
    replay: Replay,
    exchange: &'a str,
    shown: Shown,
    wrong: usize,
}

/// The input of the next transaction. Only what is made from a line is kept.
struct Chunk {
    gathered: Gathered,
    /// The line numbers of the notifications.
    numbers: Vec<usize>,
    bytes: usize,
}

impl Chunk {
    fn is_full(&self) -> bool {
        self.numbers.len() >= CHUNK || self.bytes >= CHUNK_BYTES
    }
}

impl Reading<'_> {
    /// Returns the number of invalid lines.
    async fn take_all(
        mut self,
        mut lines: InputLines,
        context: &Context,
        output: &mut Output,
    ) -> Result<usize, Failure> {
        let mut chunk = self.begin(context);
        let unread = || Failure::io("the notifications cannot be read");
        while let Some(line) = lines.next().map_err(unread())? {
            let text = match line {
                InputLine::Text(text) if text.trim().is_empty() => continue,
                InputLine::Text(text) => Ok(text),
                InputLine::TooLong => Err(format!("longer than {LONGEST} bytes")),
            };
            if let Err(error) = text.and_then(|text| self.add(&mut chunk, lines.number(), &text)) {
                self.wrong += 1;
                output.note(&format!("tidings: line {}: {error}", lines.number()));
            }
            if chunk.is_full() {
                self.take(chunk, output).await?;
                chunk = self.begin(context);
            }
        }
        self.take(chunk, output).await?;
        self.shown.end(self.replay.tally(), output)?;
        Ok(self.wrong)
    }

    fn begin(&self, context: &Context) -> Chunk {
        Chunk {
            gathered: self.replay.begin(context.clock.now()),
            numbers: Vec::new(),
            bytes: 0,
        }
    }

    fn add(&self, chunk: &mut Chunk, number: usize, text: &str) -> Result<(), String> {
        let notification = self.replay.read(text).map_err(|error| error.to_string())?;
        self.replay.add(&mut chunk.gathered, &notification, self.exchange);
        chunk.numbers.push(number);
        chunk.bytes += text.len();
        Ok(())
    }

    /// Records a chunk.
    async fn take(&mut self, chunk: Chunk, output: &mut Output) -> Result<(), Failure> {
        let result = self.replay.settle(chunk.gathered).await;
        let result = result.map_err(Failure::store("the messages cannot be recorded"))?;
        let number = |index: u64| {
            let index = usize::try_from(index).unwrap_or(usize::MAX);
            chunk.numbers.get(index).copied().unwrap_or_default()
        };
        for (index, reason) in result.refused {
            output.note(&format!("tidings: line {}: {reason}", number(index)));
        }
        let processed = result.processed.into_iter();
        let processed = processed.map(|notification| (number(notification.index), notification));
        self.shown.add(processed, output)
    }
}
