//! The log: `tracing` events as lines of text or JSON, to standard error or to a file that can be reopened.

use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::RwLock;
use tracing::Dispatch;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::util::SubscriberInitExt;

use super::line;

/// The settings of the log.
#[derive(Clone, Debug)]
pub struct LogSettings {
    /// What is logged, in the syntax of tracing's `EnvFilter`: `info,tidings::store=debug`.
    pub filter: String,
    /// The format of a line.
    pub format: LogFormat,
    /// The file that lines are appended to; `None` for standard error.
    pub file: Option<PathBuf>,
}

/// The format of a log line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// Time, level, module, message and `field=value`.
    #[default]
    Text,
    /// One JSON object, with the fields at the top level.
    Json,
}

/// Why there is no log.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The filter is invalid.
    #[error("the log filter is invalid")]
    Filter(#[from] ParseError),
    /// The file cannot be opened for appending.
    #[error("the log file {} cannot be opened", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The process already has a log.
    #[error("the log is already set up")]
    Again(#[from] tracing_subscriber::util::TryInitError),
}

/// Sets up the process's log, once. Keep the handle to reopen the file.
pub fn init(settings: &LogSettings) -> Result<LogHandle, LogError> {
    let (dispatch, handle) = build(settings)?;
    dispatch.try_init()?;
    Ok(handle)
}

/// Like [`init`], for a part of the program: see [`tracing::dispatcher::with_default`].
pub fn build(settings: &LogSettings) -> Result<(Dispatch, LogHandle), LogError> {
    let filter = EnvFilter::builder().parse(&settings.filter)?;
    let sink = Arc::new(Sink::open(settings)?);
    // A line that cannot be written (full disk) is lost; reporting it elsewhere would only add to the trouble.
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(sink.colours)
        .log_internal_errors(false)
        .with_writer(SharedSink(Arc::clone(&sink)));
    let dispatch = match settings.format {
        LogFormat::Text => Dispatch::new(builder.finish()),
        LogFormat::Json => Dispatch::new(builder.json().flatten_event(true).with_span_list(false).finish()),
    };
    Ok((dispatch, LogHandle(sink)))
}

/// The open log.
#[derive(Clone, Debug)]
pub struct LogHandle(Arc<Sink>);

impl LogHandle {
    /// Reopens the log file after something renamed it (logrotate). On failure, logging continues in the old file, with
    /// a line that says so. Does nothing without a file.
    pub fn reopen(&self) {
        let Target::File { path, file } = &self.0.target else {
            return;
        };
        match open(path) {
            Ok(fresh) => {
                *file.write() = fresh;
                tracing::info!(path = %path.display(), "log file reopened");
            }
            Err(error) => {
                let path = path.display();
                tracing::error!(%path, %error, "log file not reopened; continuing with the old one");
            }
        }
    }
}

#[derive(Debug)]
struct Sink {
    target: Target,
    colours: bool,
}

#[derive(Debug)]
enum Target {
    Stderr,
    File { path: PathBuf, file: RwLock<File> },
}

impl Sink {
    fn open(settings: &LogSettings) -> Result<Self, LogError> {
        let Some(path) = settings.file.clone() else {
            let colours = settings.format == LogFormat::Text && io::stderr().is_terminal();
            return Ok(Self {
                target: Target::Stderr,
                colours,
            });
        };
        match open(&path) {
            Ok(file) => Ok(Self {
                target: Target::File {
                    path,
                    file: RwLock::new(file),
                },
                colours: false,
            }),
            Err(source) => Err(LogError::File { path, source }),
        }
    }

    /// Writes a line at once: appended in a single call, lines of several threads and processes do not mix.
    fn write(&self, line: &[u8]) -> io::Result<()> {
        match &self.target {
            Target::Stderr => io::stderr().lock().write_all(line),
            Target::File { file, .. } => {
                let file = file.read();
                (&*file).write_all(line)
            }
        }
    }
}

/// Readable by its group only: the log reveals who uses the cloud.
fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o640)
        .open(path)
}

#[derive(Debug)]
struct SharedSink(Arc<Sink>);

impl<'a> MakeWriter<'a> for SharedSink {
    type Writer = LineWriter<'a>;

    fn make_writer(&'a self) -> Self::Writer {
        LineWriter(&self.0)
    }
}

/// Takes one whole line per call, as the formatter writes.
struct LineWriter<'a>(&'a Sink);

impl Write for LineWriter<'_> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(buffer);
        let content = text.strip_suffix('\n').unwrap_or(&text);
        match line::clean(content, self.0.colours) {
            std::borrow::Cow::Borrowed(_) => self.0.write(buffer)?,
            std::borrow::Cow::Owned(mut line) => {
                line.push('\n');
                self.0.write(line.as_bytes())?;
            }
        }
        Ok(buffer.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
