//! The output of commands: tables for people, JSON for scripts, progress for both.

use std::borrow::Cow;
use std::io::{self, IsTerminal, Write};

use clap::ValueEnum;
use comfy_table::presets::{NOTHING, UTF8_FULL_CONDENSED};
use comfy_table::{ColumnConstraint, ContentArrangement, Table, Width};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::columns::{self, TableColumn};
use super::failure::Failure;
use crate::legible::shown;

/// The output format of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A table, with borders on a terminal and as plain columns elsewhere.
    Table,
    /// One JSON value.
    Json,
}

/// The streams that commands write to.
pub struct Output {
    out: Box<dyn Write>,
    is_terminal: bool,
}

impl Output {
    /// The process's standard streams.
    pub fn standard() -> Self {
        Self {
            out: Box::new(io::stdout()),
            is_terminal: io::stdout().is_terminal(),
        }
    }

    /// Writes a line.
    pub fn line(&mut self, text: &str) -> Result<(), Failure> {
        writeln!(self.out, "{text}").map_err(Failure::io("the output cannot be written"))
    }

    /// Writes a note, which is not a result, to standard error.
    pub fn note(&mut self, text: &str) {
        // Without standard error there is nowhere to report.
        let _ = writeln!(io::stderr(), "{text}");
    }

    /// Notes that a list continues after its last row.
    pub fn more(&mut self, what: &str, last: &impl std::fmt::Display) {
        self.note(&format!(
            "tidings: there are more {what}; continue with --marker {last}"
        ));
    }

    /// Writes a JSON value.
    pub fn json(&mut self, value: &serde_json::Value) -> Result<(), Failure> {
        let text = if self.is_terminal {
            serde_json::to_string_pretty(value)
        } else {
            serde_json::to_string(value)
        };
        self.line(&text.unwrap_or_default())
    }

    /// Writes a table.
    pub fn table(&mut self, head: &[&str], rows: Vec<Vec<String>>) -> Result<(), Failure> {
        let text = self.drawn(head, rows).trim_fmt();
        self.line(&text)
    }

    /// Writes a list; it fits the terminal unless `is_long` asks for all columns.
    pub fn list(
        &mut self,
        columns: &[TableColumn],
        rows: Vec<Vec<String>>,
        is_long: bool,
    ) -> Result<(), Failure> {
        let head: Vec<&str> = columns.iter().map(|column| column.name).collect();
        let mut table = self.drawn(&head, rows);
        let widths = table.column_max_content_widths();
        // A console of unknown width reports 0.
        let room = table.width().filter(|width| self.is_terminal && *width > 0);
        let shown = columns::shown(columns, &widths, room, is_long);
        for (index, column) in columns.iter().enumerate() {
            let constraint = match column.least {
                _ if !shown[index] => ColumnConstraint::Hidden,
                Some(least) if room.is_some() => {
                    ColumnConstraint::LowerBoundary(Width::Fixed(least.min(widths[index])))
                }
                _ => ColumnConstraint::ContentWidth,
            };
            if let Some(column) = table.column_mut(index) {
                column.set_constraint(constraint);
            }
        }
        self.line(&table.trim_fmt())
    }

    fn drawn(&self, head: &[&str], rows: Vec<Vec<String>>) -> Table {
        let mut table = Table::new();
        if self.is_terminal {
            table
                .load_style(UTF8_FULL_CONDENSED)
                .set_content_arrangement(ContentArrangement::Dynamic);
        } else {
            table.load_style(NOTHING);
        }
        table.set_header(head.iter().map(ToString::to_string));
        // Names may contain characters that move a terminal's cursor or reverse the text.
        let spelt_out = |cell: String| match shown(&cell) {
            Cow::Borrowed(_) => cell,
            Cow::Owned(shown) => shown,
        };
        table.add_rows(
            rows.into_iter()
                .map(|row| row.into_iter().map(spelt_out).collect::<Vec<_>>()),
        );
        table
    }

    /// Returns the stream, for long outputs.
    pub fn stream(&mut self) -> &mut dyn Write {
        &mut self.out
    }

    /// Reports why the command failed.
    pub fn fail(&mut self, failure: &Failure) {
        if !failure.is_broken_pipe() {
            // Its input may be repeated here and must not reach the terminal unescaped.
            let chain = failure.chain();
            let lines: Vec<_> = chain.lines().map(shown).collect();
            self.note(&format!("tidings: {}", lines.join("\n")));
        }
    }
}

/// Creates a progress bar on standard error if that is a terminal; without `total` the length is unknown.
pub fn progress(total: Option<u64>, unit: &'static str) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let (bar, template) = match total {
        Some(total) => (
            ProgressBar::new(total),
            "{bar:40} {human_pos}/{human_len} {msg} {per_sec} eta {eta}",
        ),
        None => (ProgressBar::no_length(), "{spinner} {human_pos} {msg} {per_sec}"),
    };
    bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(10));
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    bar.set_style(style);
    bar.set_message(unit);
    bar
}
