//! `tidings message import`.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;

use clap::Args;

use super::line::Line;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::{Output, progress};
use crate::message::Message;
use crate::store::{self, Store};

/// Read messages from a file, with their ids and times.
#[derive(Debug, Args)]
#[command(after_help = "\
Each line is a JSON object in the names of block storage's columns: id, project_id,
event_id, action_id, detail_id, resource_type, resource_uuid, request_id,
message_level, created_at, expires_at, parameters. Messages whose id is there already
and rows that block storage had deleted are passed over, so an import can be repeated.
The first wrong line ends it; the lines before it stay imported.

Example:
  tidings message import rows.ndjson")]
pub struct Import {
    /// A file of NDJSON; - for standard input.
    file: PathBuf,
}

/// Messages of one transaction.
const CHUNK: usize = 1000;

#[derive(Default)]
struct Counts {
    imported: usize,
    known: usize,
    deleted: usize,
}

impl Import {
    pub(super) fn run(&self, context: &Context, output: &mut Output) -> Result<(), Failure> {
        let (reader, size): (Box<dyn Read>, Option<u64>) = if self.file.as_os_str() == "-" {
            (Box::new(std::io::stdin()), None)
        } else {
            let file = File::open(&self.file).map_err(self.unreadable())?;
            let size = file.metadata().map(|file| file.len()).ok();
            (Box::new(file), size)
        };
        let mut lines = BufReader::with_capacity(1 << 20, reader);
        let counts = context.with_store(|store| async move {
            let bar = progress(size, "bytes");
            let mut counts = Counts::default();
            let (mut chunk, mut text, mut number) = (Vec::with_capacity(CHUNK), String::new(), 0_usize);
            loop {
                text.clear();
                let read = lines.read_line(&mut text).map_err(self.unreadable())?;
                number += 1;
                bar.inc(u64::try_from(read).unwrap_or(0));
                let parsed = if text.trim().is_empty() {
                    Ok(None)
                } else {
                    parse(&text, &mut counts)
                };
                let is_wrong = parsed.is_err();
                chunk.extend(parsed.as_ref().ok().cloned().flatten());
                if chunk.len() >= CHUNK || read == 0 || is_wrong {
                    write(&store, std::mem::take(&mut chunk), &mut counts).await?;
                }
                if let Err(reason) = parsed {
                    return Err(Failure::Data(format!(
                        "{}, line {number}: {reason}",
                        self.file.display()
                    )));
                }
                if read == 0 {
                    bar.finish_and_clear();
                    return Ok(counts);
                }
            }
        })?;
        output.line(&format!(
            "imported {} messages, {} were there already, {} had been deleted",
            counts.imported, counts.known, counts.deleted
        ))
    }

    fn unreadable(&self) -> impl FnOnce(std::io::Error) -> Failure + use<> {
        Failure::io(format!("{} cannot be read", self.file.display()))
    }
}

fn parse(text: &str, counts: &mut Counts) -> Result<Option<Message>, String> {
    let line: Line = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if line.is_deleted() {
        counts.deleted += 1;
        return Ok(None);
    }
    line.into_message().map(Some)
}

async fn write(store: &Store, chunk: Vec<Message>, counts: &mut Counts) -> Result<(), Failure> {
    if chunk.is_empty() {
        return Ok(());
    }
    let size = chunk.len();
    let inserted = store.write(move |tx| store::message::import(tx, &chunk)).await;
    let inserted = inserted.map_err(Failure::store("the messages cannot be written"))?;
    counts.imported += inserted;
    counts.known += size - inserted;
    Ok(())
}
