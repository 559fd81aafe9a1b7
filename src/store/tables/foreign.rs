//! The message tables of block storage and shared file systems.
//!
//! They are read in short statements, none of which is part of a longer transaction, every column as text: the caller checks the
//! values as it does those of a file. Columns that a release of the service lacks are read as NULL.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Nullable, Text};

use crate::message::{ExportLine, time};
use crate::store::backend::Backend;
use crate::store::connection::{Conn, MultiBackend, Purpose};
use crate::store::error::Error;

diesel::table! {
    /// The names of the other columns depend on the service.
    #[sql_name = "messages"]
    rows (id) {
        /// A UUID, as a text.
        id -> Text,
    }
}

/// The service that owns the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForeignService {
    /// Block storage.
    Cinder,
    /// The shared file system.
    Manila,
}

impl ForeignService {
    /// Its name, as in options, metrics and the log.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cinder => "cinder",
            Self::Manila => "manila",
        }
    }

    /// The default of `$state_path` in its configuration.
    pub fn state_path(self) -> &'static Path {
        Path::new(match self {
            Self::Cinder => "/var/lib/cinder",
            Self::Manila => "/var/lib/manila",
        })
    }

    /// The column of the resource's id.
    fn resource(self) -> &'static str {
        match self {
            Self::Cinder => "resource_uuid",
            Self::Manila => "resource_id",
        }
    }

    /// The column of the code.
    fn code(self) -> &'static str {
        match self {
            Self::Cinder => "event_id",
            Self::Manila => "action_id",
        }
    }

    /// The columns without which a row makes no message, or the table is not the service's.
    fn required(self) -> [&'static str; 7] {
        let (code, resource) = (self.code(), self.resource());
        [
            "id",
            "project_id",
            code,
            resource,
            "created_at",
            "expires_at",
            "deleted",
        ]
    }
}

/// A row as it is stored. The columns mean the same as those of [`crate::message::Message`].
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct ForeignRow {
    pub(crate) id: String,
    project_id: Option<String>,
    /// None if the service stores only the parts of codes.
    event_id: Option<String>,
    action_id: Option<String>,
    detail_id: Option<String>,
    resource_type: Option<String>,
    resource_uuid: Option<String>,
    request_id: Option<String>,
    message_level: Option<String>,
    /// As `2026-11-21 03:20:24`, UTC, with a fraction if there is one.
    created_at: Option<String>,
    expires_at: Option<String>,
    deleted: Option<String>,
}

impl ForeignRow {
    /// Whether it is marked as deleted, so that the service no longer shows it.
    pub fn is_deleted(&self) -> bool {
        // A boolean (0 or false), or the row's own id in place of the word False.
        let is_live = |text: &str| text == "0" || text.eq_ignore_ascii_case("false");
        !self.deleted.as_deref().is_some_and(is_live)
    }

    /// When the service may delete it, in microseconds since 1970; `None` for never.
    pub fn expires_at(&self) -> Option<i64> {
        self.expires_at.as_deref().and_then(time::parse)
    }

    /// When it was created, in microseconds since 1970.
    pub fn created_at(&self) -> Option<i64> {
        self.created_at.as_deref().and_then(time::parse)
    }

    /// Returns it as a line of a file, whose checks apply to rows as well.
    pub fn into_line(self, service: ForeignService) -> ExportLine {
        let event_id = match service {
            ForeignService::Cinder => self.event_id.clone().unwrap_or_default(),
            ForeignService::Manila => share_code(&self),
        };
        ExportLine {
            deleted: Some(self.is_deleted().into()),
            id: self.id,
            project_id: self.project_id.unwrap_or_default(),
            event_id,
            action_id: self.action_id,
            detail_id: self.detail_id,
            resource_type: self.resource_type,
            resource_uuid: self.resource_uuid,
            request_id: self.request_id,
            message_level: self.message_level.unwrap_or_default(),
            created_at: self.created_at.unwrap_or_default(),
            expires_at: self.expires_at,
            ..ExportLine::default()
        }
    }
}

/// Returns the code of a message of the shared file system, which stores only the parts. Without a resource it is not
/// in the catalog, but action and detail are found by its prefix.
fn share_code(row: &ForeignRow) -> String {
    let given = |part: &'_ Option<String>| part.clone().filter(|text| !text.is_empty());
    let mut code = "SHARE".to_owned();
    // A missing detail means the unknown one.
    let detail = given(&row.detail_id).unwrap_or_else(|| "001".to_owned());
    for part in [given(&row.resource_type), given(&row.action_id), Some(detail)]
        .into_iter()
        .flatten()
    {
        code.push('_');
        code.push_str(&part.to_ascii_uppercase());
    }
    code
}

/// Rows of the order of expiry: those that expire from `from` until `until` (microseconds since 1970, inclusive), after a row of
/// that order, at most `limit`.
#[derive(Debug, Clone)]
pub struct ExpiryRange {
    /// The first time.
    pub from: i64,
    /// The last time.
    pub until: i64,
    /// The last row of the page before: when it expires, and its id.
    pub after: Option<(i64, String)>,
    /// The most rows.
    pub limit: i64,
}

/// A service's table.
pub struct ForeignTable {
    conn: Conn,
    service: ForeignService,
    columns: BTreeSet<String>,
    longest: Option<Duration>,
}

impl ForeignTable {
    /// Connects to the service's database, in which nothing can be written through this connection. A server stops statements
    /// that take longer than `longest`.
    ///
    /// # Errors
    /// [`Error::Broken`] if there is no such table, or it lacks a column without which a row makes no message.
    pub fn open(
        backend: &Backend,
        service: ForeignService,
        longest: Option<Duration>,
    ) -> Result<Self, Error> {
        let mut conn = backend.connect(Purpose::Foreign)?;
        conn.set_up_foreign(longest)?;
        let columns = apart(&mut conn, longest, |conn| conn.columns("messages"))?;
        let columns = BTreeSet::from_iter(columns);
        if columns.is_empty() {
            return Err(Error::Broken(
                "there is no table \"messages\", or the user may not read it".to_owned(),
            ));
        }
        if let Some(missing) = service
            .required()
            .into_iter()
            .find(|name| !columns.contains(*name))
        {
            return Err(Error::Broken(format!(
                "the table \"messages\" has no column {missing}: is it that of {}?",
                service.name()
            )));
        }
        Ok(Self {
            conn,
            service,
            columns,
            longest,
        })
    }

    /// The connection, to observe its statements.
    pub fn conn(&mut self) -> &mut Conn {
        &mut self.conn
    }

    /// Counts the rows, including deleted ones.
    pub fn count(&mut self) -> Result<u64, Error> {
        let count: i64 = apart(&mut self.conn, self.longest, |conn| {
            Ok(rows::table.count().get_result(conn)?)
        })?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// Returns up to `limit` rows after an id, or from the beginning, in the order of ids.
    ///
    /// # Errors
    /// [`Error::Exhausted`] if it takes too long.
    pub fn page(&mut self, after: Option<&str>, limit: i64) -> Result<Vec<ForeignRow>, Error> {
        let page = self.rows(|all| match after {
            Some(after) => all.filter(rows::id.gt(after)).limit(limit),
            None => all.limit(limit),
        });
        page.map_err(Error::of_search)
    }

    /// Returns the rows with these ids.
    pub fn find(&mut self, ids: &[String]) -> Result<Vec<ForeignRow>, Error> {
        self.rows(|all| all.filter(rows::id.eq_any(ids)))
    }

    /// Returns when rows expire, and their ids, in this order. An index on `expires_at` suffices for it.
    ///
    /// # Errors
    /// [`Error::Exhausted`] if it takes too long, as it may without that index.
    pub fn expiring(&mut self, range: &ExpiryRange) -> Result<Vec<(i64, String)>, Error> {
        let start = range.after.as_ref().map_or(range.from, |(at, _)| *at);
        let between = format!(
            "expires_at >= {} AND expires_at <= {}",
            self.conn.time_literal(start),
            self.conn.time_literal(range.until)
        );
        let select = rows::table
            .select((rows::id, text(&self.conn.time_as_text("expires_at"))))
            .filter(sql::<Bool>(&between))
            .order((sql::<Text>("expires_at"), rows::id))
            .limit(range.limit)
            .into_boxed::<MultiBackend>();
        let select = match &range.after {
            Some((at, id)) => {
                let later = format!("expires_at > {}", self.conn.time_literal(*at));
                select.filter(sql::<Bool>(&later).or(rows::id.gt(id)))
            }
            None => select,
        };
        let found = apart(&mut self.conn, self.longest, |conn| {
            Ok(select.load::<(String, Option<String>)>(conn)?)
        });
        let found = found
            .map_err(Error::of_search)?
            .into_iter()
            .filter_map(|(id, at)| Some((time::parse(&at?)?, id)));
        Ok(found.collect())
    }

    fn rows<'a>(&mut self, choose: impl FnOnce(Rows<'a>) -> Rows<'a>) -> Result<Vec<ForeignRow>, Error> {
        let columns = [
            "project_id".to_owned(),
            self.optional("event_id"),
            self.optional("action_id"),
            self.optional("detail_id"),
            self.optional("resource_type"),
            self.service.resource().to_owned(),
            self.optional("request_id"),
            self.optional("message_level"),
            self.conn.time_as_text("created_at"),
            self.conn.time_as_text("expires_at"),
            self.conn.as_text("deleted"),
        ];
        let [
            project,
            event,
            action,
            detail,
            kind,
            resource,
            request,
            level,
            created,
            expires,
            deleted,
        ] = columns.map(|column| text(&column));
        let select = rows::table.select((
            rows::id,
            project,
            event,
            action,
            detail,
            kind,
            resource,
            request,
            level,
            created,
            expires,
            deleted,
        ));
        let chosen = choose(select.order(rows::id).into_boxed::<MultiBackend>());
        apart(&mut self.conn, self.longest, |conn| Ok(chosen.load(conn)?))
    }

    /// A column as an expression: NULL if the table does not have it.
    fn optional(&self, name: &str) -> String {
        if self.columns.contains(name) {
            name.to_owned()
        } else {
            self.conn.as_text("NULL")
        }
    }
}

/// Runs a statement by itself.
fn apart<T>(
    conn: &mut Conn,
    longest: Option<Duration>,
    statement: impl FnOnce(&mut Conn) -> Result<T, Error>,
) -> Result<T, Error> {
    conn.begin_foreign(longest)?;
    let found = statement(conn);
    let ended = conn.end_foreign();
    let found = found?;
    ended?;
    Ok(found)
}

type NullableText = Nullable<Text>;

/// A statement for whole rows.
type Rows<'a> = rows::BoxedQuery<
    'a,
    MultiBackend,
    (
        Text,
        NullableText,
        NullableText,
        NullableText,
        NullableText,
        NullableText,
        NullableText,
        NullableText,
        NullableText,
        NullableText,
        NullableText,
        NullableText,
    ),
>;

fn text(expression: &str) -> SqlLiteral<NullableText> {
    sql(expression)
}
