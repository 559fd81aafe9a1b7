//! The answer to a question for a summary.

use serde_json::{Value, json};

use super::summary::{Bar, LevelCounts, RankMarker, Ranked};
use super::summary_query::{SummaryBy, SummaryQuery};
use super::time;
use crate::catalog::Level;

/// A summary of recorded messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Everything created before this time is counted, in microseconds since 1970; `None` if counting has not begun.
    pub counted_until: Option<i64>,
    /// What was recorded in all.
    pub recorded: LevelCounts,
    /// Its parts.
    pub parts: SummaryParts,
}

/// The parts of a summary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SummaryParts {
    /// By time: those that have messages.
    Times(Vec<Bar>),
    /// By level: all.
    Levels,
    /// A page of a ranking.
    Ranks {
        /// The entries.
        entries: Vec<Ranked>,
        /// Their number on all pages.
        total: u64,
        /// Where the next page begins.
        next: Option<RankMarker>,
    },
}

impl Summary {
    /// Returns the answer as JSON.
    pub fn json(&self, query: &SummaryQuery) -> Value {
        let period = query.filter.period;
        let mut summary = json!({
            "by": query.by.name(),
            "since": time::format(period.since),
            "until": time::format(period.until),
            "counted_until": self.counted_until.map(time::format),
            "recorded": self.recorded.total(),
            "levels": levels(self.recorded),
        });
        let entries: Vec<Value> = match &self.parts {
            SummaryParts::Times(bars) => bars.iter().map(bar).collect(),
            SummaryParts::Levels => Level::ALL
                .into_iter()
                .map(|level| json!({ "level": level.as_str(), "recorded": self.recorded.of(level) }))
                .collect(),
            SummaryParts::Ranks { entries, total, next } => {
                summary["total"] = json!(total);
                summary["next"] = json!(next.as_ref().map(ToString::to_string));
                summary["trend_seconds"] = json!(period.trend_step() / time::SECOND);
                entries.iter().map(|entry| ranked(query.by, entry)).collect()
            }
        };
        summary["entries"] = Value::Array(entries);
        summary
    }
}

fn bar(bar: &Bar) -> Value {
    json!({
        "since": time::format(bar.since),
        "recorded": bar.counts.total(),
        "levels": levels(bar.counts),
    })
}

fn ranked(by: SummaryBy, entry: &Ranked) -> Value {
    let key = match by {
        SummaryBy::Project => "project_id",
        _ => by.name(),
    };
    json!({
        key: entry.key,
        "recorded": entry.counts.total(),
        "levels": levels(entry.counts),
        "recorded_before": entry.before,
        "trend": entry.trend,
    })
}

fn levels(counts: LevelCounts) -> Value {
    Level::ALL
        .into_iter()
        .map(|level| (level.as_str().to_owned(), json!(counts.of(level))))
        .collect()
}
