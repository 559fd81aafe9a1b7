//! `tidings segment list`.

use clap::Args;
use serde_json::{Value, json};

use crate::cli::columns::TableColumn;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::{Format, Output};
use crate::failure::Segment;
use crate::message::time;
use crate::store::failure::{Page, SegmentFilter};
use crate::store::{self, failure};

/// List the segments.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  tidings segment list")]
pub struct List {
    /// Start after the segment with this number.
    #[arg(long, value_name = "NUMBER")]
    marker: Option<i64>,
    /// The most segments to list.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    output: Format,
}

const COLUMNS: [TableColumn; 6] = [
    TableColumn::id("id").rank(3),
    TableColumn::id("uuid"),
    TableColumn::prose("name"),
    TableColumn::id("recovery_method").rank(1),
    TableColumn::id("service_type").rank(2),
    TableColumn::id("enabled"),
];

impl List {
    pub(super) fn run(&self, context: &Context, output: &mut Output) -> Result<(), Failure> {
        let page = Page {
            marker: self.marker,
            ..Page::newest(i64::from(self.limit) + 1)
        };
        let mut found = context.with_store(|store| async move {
            let read = store.read(move |read| failure::segments(read, &SegmentFilter::default(), &page));
            read.await.map_err(|error| match error {
                store::Error::NotFound => {
                    Failure::NotFound("--marker: no segment has this number".to_owned())
                }
                error => Failure::store("the segments cannot be read")(error),
            })
        })?;
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let has_more = found.len() > limit;
        found.truncate(limit);
        match self.output {
            Format::Table => output.list(&COLUMNS, found.iter().map(row).collect(), false)?,
            Format::Json => output.json(&found.iter().map(segment_json).collect())?,
        }
        if let Some(last) = found.last().filter(|_| has_more) {
            output.more("segments", &last.id);
        }
        Ok(())
    }
}

fn row(segment: &Segment) -> Vec<String> {
    vec![
        segment.id.to_string(),
        segment.uuid.to_string(),
        segment.name.clone(),
        segment.recovery_method.name().to_owned(),
        segment.service_type.clone(),
        segment.is_enabled.to_string(),
    ]
}

pub(super) fn segment_json(segment: &Segment) -> Value {
    json!({
        "id": segment.id,
        "uuid": segment.uuid.to_string(),
        "name": segment.name,
        "recovery_method": segment.recovery_method.name(),
        "service_type": segment.service_type,
        "description": segment.description,
        "enabled": segment.is_enabled,
        "created_at": time::format(segment.created_at),
        "updated_at": segment.updated_at.map(time::format),
    })
}
