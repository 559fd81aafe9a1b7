//! `tidings notification list`.

use clap::Args;
use uuid::Uuid;

use super::view;
use crate::cli::arguments;
use crate::cli::columns::TableColumn;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::{Format, Output};
use crate::failure::{FailureNotification, NotificationType, Status};
use crate::message::time;
use crate::store::failure::{NotificationFilter, Page};
use crate::store::{self, Read, Store, failure};

/// List failure notifications, the newest first.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tidings notification list --status error
  tidings notification list --host compute1
  tidings notification list --type COMPUTE_HOST --since 2026-11-21 --output json")]
pub struct List {
    /// Only notifications with this status.
    #[arg(long, value_parser = Status::ALL.map(Status::name))]
    status: Option<String>,
    /// Only notifications of this type.
    #[arg(long = "type", value_name = "TYPE", value_parser = NotificationType::ALL.map(NotificationType::name))]
    kind: Option<String>,
    /// Only notifications of the host with this name or id.
    #[arg(long, value_name = "HOST")]
    host: Option<String>,
    /// Only failures that monitors noticed at or after this time (UTC).
    #[arg(long, value_name = "TIME", value_parser = arguments::time)]
    since: Option<i64>,
    /// Start after the notification with this number.
    #[arg(long, value_name = "NUMBER")]
    marker: Option<i64>,
    /// The most notifications to list.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
    /// Show all columns, even if they do not fit the terminal.
    #[arg(long)]
    long: bool,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    output: Format,
}

const COLUMNS: [TableColumn; 8] = [
    TableColumn::id("id").rank(5),
    TableColumn::id("notification_uuid"),
    TableColumn::id("generated_time").rank(1),
    TableColumn::id("type").rank(2),
    TableColumn::id("source_host_uuid").rank(4),
    TableColumn::id("status"),
    TableColumn::prose("message").rank(3),
    TableColumn::id("payload").long(),
];

const UNREADABLE: &str = "the notifications cannot be read";

impl List {
    pub(super) fn run(&self, context: &Context, output: &mut Output) -> Result<(), Failure> {
        let mut filter = NotificationFilter {
            status: self.status.as_deref().and_then(Status::from_name),
            kind: self.kind.as_deref().and_then(NotificationType::from_name),
            source_host: None,
            generated_since: self.since,
        };
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let page = Page {
            marker: self.marker,
            ..Page::newest(i64::from(self.limit) + 1)
        };
        let mut found = context.with_store(|store| async move {
            if let Some(name) = &self.host {
                filter.source_host = Some(host_id(&store, name).await?);
            }
            let read = store.read(move |read| failure::notifications(read, &filter, &page));
            read.await.map_err(|error| match error {
                store::Error::NotFound => {
                    Failure::NotFound("--marker: no notification has this number".to_owned())
                }
                error => Failure::store(UNREADABLE)(error),
            })
        })?;
        let has_more = found.len() > limit;
        found.truncate(limit);
        match self.output {
            Format::Table => output.list(&COLUMNS, found.iter().map(row).collect(), self.long)?,
            Format::Json => output.json(&found.iter().map(view::json).collect())?,
        }
        if let Some(last) = found.last().filter(|_| has_more) {
            output.more("notifications", &last.id);
        }
        Ok(())
    }
}

/// The id of the host with this name or id.
async fn host_id(store: &Store, name: &str) -> Result<Uuid, Failure> {
    if let Ok(id) = Uuid::try_parse(name) {
        return Ok(id);
    }
    let wanted = name.to_owned();
    let read = store.read(move |read: &mut Read<'_>| failure::host_named(read, &wanted));
    match read.await {
        Ok(host) => Ok(host.uuid),
        Err(store::Error::NotFound) => Err(Failure::NotFound(format!("--host: no host has the name {name}"))),
        Err(error) => Err(Failure::store(UNREADABLE)(error)),
    }
}

fn row(of: &FailureNotification) -> Vec<String> {
    vec![
        of.id.to_string(),
        of.uuid.to_string(),
        time::format(of.generated_time),
        of.kind.name().to_owned(),
        of.source_host_uuid.to_string(),
        of.status.name().to_owned(),
        of.message.clone().unwrap_or_default(),
        of.payload.clone(),
    ]
}
