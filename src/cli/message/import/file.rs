//! Imports messages from an NDJSON file.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use super::loading::Loading;
use crate::brief::{self, brief};
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::{Output, progress};
use crate::message::{ExportLine, Object};

/// The most bytes of a parser's complaint, which repeats what it found.
const LONGEST_REASON: usize = 300;

pub(super) fn import(
    file: &Path,
    update: bool,
    context: &Context,
    output: &mut Output,
) -> Result<(), Failure> {
    let (reader, size): (Box<dyn Read>, Option<u64>) = if file.as_os_str() == "-" {
        (Box::new(std::io::stdin()), None)
    } else {
        let opened = File::open(file).map_err(unreadable(file))?;
        let size = opened.metadata().map(|file| file.len()).ok();
        (Box::new(opened), size)
    };
    let lines = BufReader::with_capacity(1 << 20, reader);
    let counts = context.with_store(|store| async move {
        let mut loading = Loading::into(store, update, &context.config.api.project_id_regex);
        let loaded = load(&mut loading, lines, file, size).await;
        // The lines before an invalid one stay imported.
        loading.flush().await?;
        loaded.map(|()| loading.counts)
    })?;
    counts.report(output)
}

/// Loads line by line up to the first invalid one; `size` is the file's size in bytes.
async fn load(
    loading: &mut Loading,
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
            parse(&text)
                .and_then(|line| loading.add(line))
                .map_err(|reason| Failure::Data(format!("{}, line {number}: {reason}", file.display())))?;
        }
        if loading.is_full() {
            loading.flush().await?;
        }
    }
    bar.finish_and_clear();
    Ok(())
}

fn parse(text: &[u8]) -> Result<ExportLine, String> {
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let line = serde_path_to_error::deserialize::<_, Object<ExportLine>>(&mut deserializer);
    let Object(line) = line.map_err(|error| match error.path().to_string() {
        // The line itself.
        path if path == "." => reason(error.inner()),
        path => format!("{}: {}", brief(&path, brief::NAME), reason(error.inner())),
    })?;
    deserializer.end().map_err(|error| reason(&error))?;
    Ok(line)
}

fn unreadable(file: &Path) -> impl FnOnce(std::io::Error) -> Failure + use<> {
    Failure::io(format!("{} cannot be read", file.display()))
}

/// Describes what is wrong with a line, without the parser's position, which is relative to the line.
fn reason(error: &serde_json::Error) -> String {
    let mut text = error.to_string();
    if let Some(place) = text.rfind(" at line ") {
        text.truncate(place);
    }
    brief(&text, LONGEST_REASON).into_owned()
}
