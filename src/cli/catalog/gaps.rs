//! `tidings catalog gaps`.

use clap::Args;
use serde_json::{Value, json};

use crate::cli::arguments;
use crate::cli::columns::TableColumn;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::{Format, Output};
use crate::ingest::gaps::{self, Gap, GapCause};
use crate::message::{Period, time};

/// How far back unknown errors are counted, in microseconds.
const DEFAULT_PERIOD: i64 = 30 * 86_400 * time::SECOND;

/// List failures that made no message, or only "unknown error", with drafts of what would change that.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tidings catalog gaps
  tidings catalog gaps --drafts --limit 1
  tidings catalog gaps --since 2026-11-01 --output json

The most frequent ones come first. Only types of events and classes of exceptions are kept of other
services' notifications, never their texts.")]
pub struct Gaps {
    /// Count unknown errors from this time on (UTC), whole days; 30 days ago if not given.
    #[arg(long, value_name = "TIME", value_parser = arguments::time)]
    since: Option<i64>,
    /// The most gaps to list.
    #[arg(long, default_value_t = 50)]
    limit: usize,
    /// Write the drafts instead of a table: entries of a catalog and rules to copy and complete.
    #[arg(long)]
    drafts: bool,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    output: Format,
}

const COLUMNS: [TableColumn; 5] = [
    TableColumn::id("count"),
    TableColumn::id("service"),
    TableColumn::id("what"),
    TableColumn::id("reason"),
    TableColumn::id("kind").rank(1),
];

impl Gaps {
    pub(super) fn run(&self, context: &Context, output: &mut Output) -> Result<(), Failure> {
        let now = context.clock.now();
        let since = self.since.unwrap_or(now.saturating_sub(DEFAULT_PERIOD));
        if since >= now {
            return Err(Failure::Data("--since: must be in the past".to_owned()));
        }
        let period = Period::containing(since, now, i64::MAX);
        let mut found = context.with_store(|store| async move {
            let found = store.read(move |read| gaps::gaps(read, period));
            found.await.map_err(Failure::store("the numbers cannot be read"))
        })?;
        found.truncate(self.limit);
        match self.output {
            Format::Json => output.json(&found.iter().map(object).collect()),
            Format::Table if self.drafts => found
                .iter()
                .try_for_each(|gap| output.line(&format!("# {}\n{}", title(gap), gap.draft))),
            Format::Table => output.list(&COLUMNS, found.iter().map(row).collect(), false),
        }
    }
}

/// Returns what is not covered, and the reason or the action.
fn parts(gap: &Gap) -> (&str, &str, &'static str) {
    match &gap.cause {
        GapCause::Unmatched {
            event_type, reason, ..
        } => (event_type, reason, "unmatched"),
        GapCause::Unknown { code, action } => (code, action, "unknown error"),
    }
}

fn title(gap: &Gap) -> String {
    let (what, reason, kind) = parts(gap);
    format!("{} x {kind}: {} {what} {reason}", gap.count, gap.service)
        .trim_end()
        .to_owned()
}

fn row(gap: &Gap) -> Vec<String> {
    let (what, reason, kind) = parts(gap);
    let count = gap.count.to_string();
    vec![
        count,
        gap.service.clone(),
        what.to_owned(),
        reason.to_owned(),
        kind.to_owned(),
    ]
}

fn object(gap: &Gap) -> Value {
    let mut object = json!({ "service": gap.service, "count": gap.count, "draft": gap.draft });
    match &gap.cause {
        GapCause::Unmatched {
            event_type,
            reason,
            last_at,
        } => {
            object["event_type"] = json!(event_type);
            object["reason"] = json!(reason);
            object["last_at"] = json!(time::format(*last_at));
        }
        GapCause::Unknown { code, action } => {
            object["code"] = json!(code);
            object["action"] = json!(action);
        }
    }
    object
}
