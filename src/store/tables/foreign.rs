//! The message tables of block storage and shared file systems.
//!
//! They are read page by page in the order of their primary key, every column as text: the caller checks the values as it does
//! those of a file.

use std::path::Path;

use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};

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

    /// The column of the whole code; shared file systems store only its parts.
    fn event(self) -> &'static str {
        match self {
            Self::Cinder => "event_id",
            Self::Manila => "''",
        }
    }
}

/// A row as it is stored. The columns mean the same as those of [`crate::message::Message`].
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct ForeignRow {
    pub(crate) id: String,
    pub(crate) project_id: Option<String>,
    /// Empty if the service has none.
    pub(crate) event_id: Option<String>,
    pub(crate) action_id: Option<String>,
    pub(crate) detail_id: Option<String>,
    pub(crate) resource_type: Option<String>,
    pub(crate) resource_uuid: Option<String>,
    pub(crate) request_id: Option<String>,
    pub(crate) message_level: Option<String>,
    /// As `2026-11-21 03:20:24`, UTC, with a fraction if there is one.
    pub(crate) created_at: Option<String>,
    pub(crate) expires_at: Option<String>,
    deleted: Option<String>,
}

impl ForeignRow {
    /// Whether it is marked as deleted, so that the service no longer shows it.
    pub fn is_deleted(&self) -> bool {
        // A boolean (0 or false), or the row's own id in place of the word False.
        let is_live = |text: &str| text == "0" || text.eq_ignore_ascii_case("false");
        !self.deleted.as_deref().is_some_and(is_live)
    }
}

/// A service's table, read from its beginning.
pub struct ForeignTable {
    conn: Conn,
    service: ForeignService,
    last: Option<String>,
}

/// Rows that are read at a time.
const PAGE: i64 = 1000;

impl ForeignTable {
    /// Connects to the service's database.
    pub fn open(backend: &Backend, service: ForeignService) -> Result<Self, Error> {
        Ok(Self {
            conn: backend.connect(Purpose::Read(None))?,
            service,
            last: None,
        })
    }

    /// Counts the rows, including deleted ones. [`Error::Broken`] if there is no such table.
    pub fn count(&mut self) -> Result<u64, Error> {
        let count: i64 = rows::table.count().get_result(&mut self.conn)?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// Returns the next rows; none at the end. [`Error::Broken`] if the table lacks columns of the service.
    pub fn page(&mut self) -> Result<Vec<ForeignRow>, Error> {
        let select = rows::table
            .select((
                rows::id,
                text("project_id"),
                text(self.service.event()),
                text("action_id"),
                text("detail_id"),
                text("resource_type"),
                text(self.service.resource()),
                text("request_id"),
                text("message_level"),
                text(&self.conn.time_as_text("created_at")),
                text(&self.conn.time_as_text("expires_at")),
                text(&self.conn.as_text("deleted")),
            ))
            .order(rows::id)
            .limit(PAGE)
            .into_boxed::<MultiBackend>();
        let select = match &self.last {
            Some(last) => select.filter(rows::id.gt(last)),
            None => select,
        };
        let page: Vec<ForeignRow> = select.load(&mut self.conn)?;
        if let Some(row) = page.last() {
            self.last = Some(row.id.clone());
        }
        Ok(page)
    }
}

fn text(expression: &str) -> SqlLiteral<Nullable<Text>> {
    sql(expression)
}
