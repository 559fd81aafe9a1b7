//! `tidings stats`.

use clap::Args;

use super::arguments;
use super::columns::TableColumn;
use super::context::Context;
use super::failure::Failure;
use super::output::{Format, Output};
use crate::catalog::Level;
use crate::message::{
    Bar, Kept, LevelCounts, MOST_ENTRIES, Ranked, Summary, SummaryBy, SummaryParts, SummaryRequest, time,
};
use crate::store::rollup;

/// Count the messages that were recorded, by hour, code, project and so on.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tidings stats
  tidings stats --by code --level ERROR --since 2026-11-20
  tidings stats --by project --service volume --limit 10 --output json

Deleted and expired messages stay counted. Messages are counted about a minute
after they are recorded.")]
pub struct Stats {
    /// What to divide the numbers by.
    #[arg(long, default_value = "hour", value_parser = SummaryBy::ALL.map(SummaryBy::name))]
    by: String,
    /// Count from this time on (UTC); a day ago if not given.
    #[arg(long, value_name = "TIME", value_parser = arguments::time)]
    since: Option<i64>,
    /// Count up to this time (UTC); now if not given.
    #[arg(long, value_name = "TIME", value_parser = arguments::time)]
    until: Option<i64>,
    /// Only this project's messages.
    #[arg(long)]
    project: Option<String>,
    /// Only this service's messages, such as `volume`.
    #[arg(long)]
    service: Option<String>,
    /// Only messages of this level.
    #[arg(long, ignore_case = true, value_parser = arguments::level())]
    level: Option<Level>,
    /// Only messages with this code.
    #[arg(long)]
    code: Option<String>,
    /// Start after this entry: the `next` of the page before.
    #[arg(long)]
    marker: Option<String>,
    /// The most services, codes or projects.
    #[arg(long, default_value_t = 50)]
    limit: usize,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    output: Format,
}

impl Stats {
    pub(super) fn run(&self, context: &Context, output: &mut Output) -> Result<(), Failure> {
        let now = context.clock.now();
        let kept = Kept::of(&context.config.statistics);
        let query = self.request().check(now, kept);
        let query = query.map_err(|fault| {
            let fault = fault.replacen("project_id: ", "project: ", 1);
            Failure::Data(format!("--{fault}"))
        })?;
        let asked = query.clone();
        let summary = context.with_store(|store| async move {
            let settled = store.settled_before(now);
            let answer = store.read(move |read| rollup::answer(read, &asked, settled));
            answer.await.map_err(Failure::store("the numbers cannot be read"))
        })?;
        match self.output {
            Format::Json => return output.json(&summary.json(&query)),
            Format::Table => {
                let (columns, rows) = table(query.by, &summary);
                output.list(&columns, rows, false)?;
            }
        }
        output.note(&match summary.counted_until {
            Some(at) => format!("tidings: everything before {} is counted", time::format(at)),
            None => "tidings: nothing is counted yet".to_owned(),
        });
        if let SummaryParts::Ranks { next: Some(next), .. } = &summary.parts {
            output.more("entries", next);
        }
        Ok(())
    }

    fn request(&self) -> SummaryRequest {
        SummaryRequest {
            by: SummaryBy::from_name(&self.by),
            since: self.since,
            until: self.until,
            project: self.project.clone(),
            service: self.service.clone(),
            level: self.level,
            code: self.code.clone(),
            marker: self.marker.clone(),
            limit: Some(self.limit.min(MOST_ENTRIES)),
        }
    }
}

/// Returns the columns of a summary and its rows.
fn table(by: SummaryBy, summary: &Summary) -> (Vec<TableColumn>, Vec<Vec<String>>) {
    let mut columns = vec![TableColumn::id(by.name()), TableColumn::id("recorded")];
    let rows = match &summary.parts {
        SummaryParts::Times(bars) => bars.iter().map(bar).collect(),
        SummaryParts::Levels => {
            let levels = Level::ALL.into_iter();
            let row = |level: Level| vec![level.to_string(), summary.recorded.of(level).to_string()];
            return (columns, levels.map(row).collect());
        }
        SummaryParts::Ranks { entries, .. } => entries.iter().map(ranked).collect(),
    };
    columns.extend(Level::ALL.map(|level| TableColumn::id(level.as_str()).rank(2)));
    if by.ranking().is_some() {
        columns.push(TableColumn::id("before").rank(1));
    }
    (columns, rows)
}

fn bar(bar: &Bar) -> Vec<String> {
    counted(time::format(bar.since), bar.counts)
}

fn ranked(entry: &Ranked) -> Vec<String> {
    let mut row = counted(entry.key.clone(), entry.counts);
    row.push(
        entry
            .before
            .map_or_else(|| "-".to_owned(), |before| before.to_string()),
    );
    row
}

fn counted(key: String, counts: LevelCounts) -> Vec<String> {
    let levels = Level::ALL.map(|level| counts.of(level).to_string());
    [vec![key, counts.total().to_string()], levels.to_vec()].concat()
}
