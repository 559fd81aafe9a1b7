//! `tidings message list`.

use clap::Args;

use super::lookup::{id, scope};
use super::view::{COLUMNS, json, row};
use crate::catalog::{self, Code, Level};
use crate::cli::arguments;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::{Format, Output};
use crate::message::{Column, Condition, LONGEST, Message, Query};
use crate::spelling;
use crate::store;

/// List messages, newest first.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tidings message list --project p1 --level ERROR --limit 5 --output json
  tidings message list --since 2026-11-21 --before 2026-11-21T12:00:00 --event-id VOLUME_000002

On a terminal, columns that do not fit are omitted; --long shows all of them.")]
pub struct List {
    /// Only this project's messages.
    #[arg(long)]
    project: Option<String>,
    /// Only messages of this level.
    #[arg(long, ignore_case = true, value_parser = arguments::level())]
    level: Option<Level>,
    /// Only messages about resources of this type.
    #[arg(long, value_parser = resource_type)]
    resource_type: Option<String>,
    /// Only messages about the resource with this id.
    #[arg(long, visible_alias = "resource-uuid", value_name = "ID", value_parser = text)]
    resource: Option<String>,
    /// Only messages with this code.
    #[arg(long, value_parser = event_id)]
    event_id: Option<String>,
    /// Only messages of this request.
    #[arg(long, value_parser = text)]
    request_id: Option<String>,
    /// Only messages recorded at or after this time (UTC).
    #[arg(long, value_name = "TIME", value_parser = arguments::time)]
    since: Option<i64>,
    /// Only messages recorded before this time (UTC).
    #[arg(long, value_name = "TIME", value_parser = arguments::time)]
    before: Option<i64>,
    /// Start after this message.
    #[arg(long, value_parser = id)]
    marker: Option<uuid::Uuid>,
    /// The most messages to list, up to 100000; `tidings message export` has no limit.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
    /// Show all columns, even if they do not fit the terminal.
    #[arg(long)]
    long: bool,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    output: Format,
}

impl List {
    pub(super) fn run(&self, context: &Context, output: &mut Output) -> Result<(), Failure> {
        let query = self.query(context)?;
        let mut messages = context.with_store(|store| async move { read(&store, query).await })?;
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let has_more = messages.len() > limit;
        messages.truncate(limit);
        match self.output {
            Format::Json => output.json(&messages.iter().map(json).collect())?,
            Format::Table => output.list(&COLUMNS, messages.iter().map(row).collect(), self.long)?,
        }
        match messages.last() {
            Some(last) if has_more => output.more("messages", &last.id),
            None => self.explain_nothing(output),
            Some(_) => {}
        }
        Ok(())
    }

    /// Returns a query for one message more than is shown.
    fn query(&self, context: &Context) -> Result<Query, Failure> {
        if let (Some(since), Some(before)) = (self.since, self.before)
            && since >= before
        {
            return Err(Failure::Data("--since: must be earlier than --before".to_owned()));
        }
        let scope = scope(context, self.project.as_deref())?;
        let mut query = Query::newest(scope, i64::from(self.limit) + 1);
        query.marker = self.marker;
        let texts = [
            (Column::MessageLevel, self.level.map(Level::as_str)),
            (Column::ResourceType, self.resource_type.as_deref()),
            (Column::ResourceUuid, self.resource.as_deref()),
            (Column::EventId, self.event_id.as_deref()),
            (Column::RequestId, self.request_id.as_deref()),
        ];
        let texts = texts
            .into_iter()
            .filter_map(|(column, text)| Some(Condition::Equals(column, text?.to_owned())));
        let since = self.since.map(|at| Condition::Since(Column::CreatedAt, at));
        let before = self.before.map(|at| Condition::Before(Column::CreatedAt, at));
        query.conditions = texts.chain(since).chain(before).collect();
        Ok(query)
    }

    /// Hints at typing errors after an empty list. Unknown ids are allowed: a newer catalog may have recorded them.
    fn explain_nothing(&self, output: &mut Output) {
        if let Some(id) = self.event_id.as_deref().filter(|id| Code::parse(id).is_none()) {
            let hint = spelling::hint(id, catalog::codes());
            output.note(&format!("tidings: {id} is not in the catalog{hint}"));
        }
        if let Some(name) = self
            .resource_type
            .as_deref()
            .filter(|name| catalog::resource(name).is_none())
        {
            let hint = spelling::hint(name, catalog::resources().map(|known| known.name));
            output.note(&format!(
                "tidings: {name} is not a resource type of the catalog{hint}"
            ));
        }
        if let Some(id) = self.request_id.as_deref().filter(|id| !id.starts_with("req-")) {
            output.note(&format!(
                "tidings: {id} does not start with req- as request ids do"
            ));
        }
    }
}

async fn read(store: &store::Store, query: Query) -> Result<Vec<Message>, Failure> {
    let read = store.read(move |conn| {
        let mut messages = Vec::new();
        store::message::list(conn, &query, &mut |row| messages.push(row.to_message()))?;
        Ok(messages)
    });
    read.await.map_err(|error| match error {
        store::Error::NotFound => Failure::NotFound("--marker: no message has this id".to_owned()),
        error => Failure::store("the messages cannot be read")(error),
    })
}

fn text(text: &str) -> Result<String, String> {
    match text.chars().count() {
        1..=LONGEST => Ok(text.to_owned()),
        _ => Err(format!("must have 1 to {LONGEST} characters")),
    }
}

fn resource_type(word: &str) -> Result<String, String> {
    let word = text(word)?.to_ascii_uppercase();
    let is_allowed = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    if word.bytes().all(is_allowed) {
        return Ok(word);
    }
    Err("must have the form VOLUME_SNAPSHOT".to_owned())
}

fn event_id(id: &str) -> Result<String, String> {
    if catalog::Parts::of(id).is_some() || catalog::flat_prefix(id).is_some_and(|prefix| !prefix.is_empty()) {
        return text(id);
    }
    let hint = spelling::hint(id, catalog::codes());
    Err(format!(
        "must have the form VOLUME_000002 or VOLUME_VOLUME_SNAPSHOT_009_006{hint}"
    ))
}
