//! `tidings message export`.

use clap::Args;

use super::lookup::scope;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::{Output, progress};
use crate::message::{ExportLine, Query};
use crate::store;
use crate::store::message::MessageRow;

/// Write all messages as NDJSON, which `import` reads.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  tidings message export --project p1 > p1.ndjson")]
pub struct Export {
    /// Only this project's messages.
    #[arg(long)]
    project: Option<String>,
}

/// Messages per read.
const PAGE: i64 = 1000;

impl Export {
    pub(super) fn run(&self, context: &Context, output: &mut Output) -> Result<(), Failure> {
        let scope = scope(context, self.project.as_deref())?;
        context.with_store(|store| async move {
            let bar = progress(None, "messages");
            let query = Query::newest(scope, PAGE);
            let mut last: Option<MessageRow> = None;
            loop {
                let query = query.clone();
                let read = store.read(move |conn| {
                    let (mut lines, mut rows, mut end) = (Vec::new(), 0, None);
                    store::message::list_after(conn, &query, last.as_ref(), &mut |row| {
                        // A line is plain data and always serializes.
                        let _ = serde_json::to_writer(&mut lines, &ExportLine::from(&row.to_message()));
                        lines.push(b'\n');
                        rows += 1;
                        if rows == PAGE {
                            end = Some(row.clone());
                        }
                    })?;
                    Ok((lines, rows, end))
                });
                let (lines, rows, end) = read
                    .await
                    .map_err(Failure::store("the messages cannot be read"))?;
                output
                    .stream()
                    .write_all(&lines)
                    .map_err(Failure::io("the output cannot be written"))?;
                bar.inc(rows.unsigned_abs());
                if end.is_none() {
                    bar.finish_and_clear();
                    return Ok(());
                }
                last = end;
            }
        })
    }
}
