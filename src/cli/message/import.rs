//! `tidings message import`.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::mem;
use std::path::{Path, PathBuf};

use clap::Args;

use super::line::Line;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::{Output, progress};
use crate::message::{Message, Object};
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

impl Import {
    pub(super) fn run(&self, context: &Context, output: &mut Output) -> Result<(), Failure> {
        let (reader, size): (Box<dyn Read>, Option<u64>) = if self.file.as_os_str() == "-" {
            (Box::new(std::io::stdin()), None)
        } else {
            let file = File::open(&self.file).map_err(unreadable(&self.file))?;
            let size = file.metadata().map(|file| file.len()).ok();
            (Box::new(file), size)
        };
        let lines = BufReader::with_capacity(1 << 20, reader);
        let counts = context.with_store(|store| async move {
            let mut loading = Loading::into(store);
            let loaded = loading.lines(lines, &self.file, size).await;
            // What came before a wrong line stays.
            loading.flush().await?;
            loaded.map(|()| loading.counts)
        })?;
        output.line(&format!(
            "imported {} messages, {} were there already, {} had been deleted",
            counts.imported, counts.known, counts.deleted
        ))
    }
}

#[derive(Default)]
struct Counts {
    imported: usize,
    known: usize,
    deleted: usize,
}

/// Messages on their way into the store.
struct Loading {
    store: Store,
    chunk: Vec<Message>,
    counts: Counts,
}

impl Loading {
    fn into(store: Store) -> Self {
        Self {
            store,
            chunk: Vec::with_capacity(CHUNK),
            counts: Counts::default(),
        }
    }

    /// Loads line by line, up to the first that is wrong; `size` is that of the whole, in bytes.
    async fn lines(
        &mut self,
        mut lines: impl BufRead,
        file: &Path,
        size: Option<u64>,
    ) -> Result<(), Failure> {
        let bar = progress(size, "bytes");
        let mut text = Vec::new();
        for number in 1_usize.. {
            text.clear();
            let read = lines.read_until(b'\n', &mut text).map_err(unreadable(file))?;
            if read == 0 {
                break;
            }
            bar.inc(u64::try_from(read).unwrap_or(0));
            if !text.trim_ascii().is_empty() {
                self.line(&text).map_err(|reason| {
                    Failure::Data(format!("{}, line {number}: {reason}", file.display()))
                })?;
            }
            if self.chunk.len() >= CHUNK {
                self.flush().await?;
            }
        }
        bar.finish_and_clear();
        Ok(())
    }

    fn line(&mut self, text: &[u8]) -> Result<(), String> {
        let Object(line) = serde_json::from_slice::<Object<Line>>(text).map_err(|error| reason(&error))?;
        if line.is_deleted() {
            self.counts.deleted += 1;
        } else {
            self.chunk.push(line.into_message()?);
        }
        Ok(())
    }

    /// Writes what is waiting.
    async fn flush(&mut self) -> Result<(), Failure> {
        let chunk = mem::replace(&mut self.chunk, Vec::with_capacity(CHUNK));
        if chunk.is_empty() {
            return Ok(());
        }
        let size = chunk.len();
        let inserted = self
            .store
            .write(move |tx| store::message::import(tx, &chunk))
            .await;
        let inserted = inserted.map_err(Failure::store("the messages cannot be written"))?;
        self.counts.imported += inserted;
        self.counts.known += size - inserted;
        Ok(())
    }
}

fn unreadable(file: &Path) -> impl FnOnce(std::io::Error) -> Failure + use<> {
    Failure::io(format!("{} cannot be read", file.display()))
}

/// What is wrong with a line, without the place that the parser adds: it counts within the line.
fn reason(error: &serde_json::Error) -> String {
    let mut text = error.to_string();
    if let Some(place) = text.rfind(" at line ") {
        text.truncate(place);
    }
    text
}
