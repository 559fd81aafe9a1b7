//! The tables of messages that block storage and the shared file system keep themselves.
//!
//! They are only read, a page after the other in the order of their primary key, and every column as a text: what it
//! means is checked by whoever asks, as it is for rows that come in a file.

use std::path::Path;

use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};

use super::backend::{Backend, Conn, MultiBackend, Purpose};
use super::error::Error;

diesel::table! {
    /// All columns but the key go by names that depend on the service.
    #[sql_name = "messages"]
    rows (id) {
        /// A UUID, as a text.
        id -> Text,
    }
}

/// Whose table it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// Block storage.
    Cinder,
    /// The shared file system.
    Manila,
}

impl Service {
    /// What `$state_path` stands for in its configuration, unless that says otherwise.
    pub fn state_path(self) -> &'static Path {
        Path::new(match self {
            Self::Cinder => "/var/lib/cinder",
            Self::Manila => "/var/lib/manila",
        })
    }

    /// Its column that says which resource a message tells of.
    fn resource(self) -> &'static str {
        match self {
            Self::Cinder => "resource_uuid",
            Self::Manila => "resource_id",
        }
    }

    /// Its column with the whole code; the shared file system keeps only the parts.
    fn event(self) -> &'static str {
        match self {
            Self::Cinder => "event_id",
            Self::Manila => "''",
        }
    }
}

/// A row as it stands there. The columns mean what those of [`crate::message::Message`] do.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
#[expect(missing_docs, reason = "they are the columns of the table")]
pub struct Row {
    pub id: String,
    pub project_id: Option<String>,
    /// Empty where the service has none.
    pub event_id: Option<String>,
    pub action_id: Option<String>,
    pub detail_id: Option<String>,
    pub resource_type: Option<String>,
    pub resource_uuid: Option<String>,
    pub request_id: Option<String>,
    pub message_level: Option<String>,
    /// As `2026-11-21 03:20:24`, UTC, with a fraction where there is one.
    pub created_at: Option<String>,
    pub expires_at: Option<String>,
    deleted: Option<String>,
}

impl Row {
    /// Whether the service shows it to nobody: it marks rows as deleted, and reads only those that say that they are not.
    pub fn is_deleted(&self) -> bool {
        // A boolean (0 or false), or the row's own id in the place of the word False.
        let is_live = |text: &str| text == "0" || text.eq_ignore_ascii_case("false");
        !self.deleted.as_deref().is_some_and(is_live)
    }
}

/// The table of a service, read from its beginning.
pub struct Table {
    conn: Conn,
    service: Service,
    last: Option<String>,
}

/// Rows that are read at a time.
const PAGE: i64 = 1000;

impl Table {
    /// Connects to the service's database.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when it cannot be opened.
    pub fn open(backend: &Backend, service: Service) -> Result<Self, Error> {
        Ok(Self {
            conn: backend.connect(Purpose::Read(None))?,
            service,
            last: None,
        })
    }

    /// How many rows there are, the deleted ones among them.
    ///
    /// # Errors
    /// [`Error::Broken`] when there is no such table.
    pub fn count(&mut self) -> Result<u64, Error> {
        let count: i64 = rows::table.count().get_result(&mut self.conn)?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// The next rows; none at the end.
    ///
    /// # Errors
    /// [`Error::Broken`] when the table has not the columns of the service.
    pub fn page(&mut self) -> Result<Vec<Row>, Error> {
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
        let page: Vec<Row> = select.load(&mut self.conn)?;
        if let Some(row) = page.last() {
            self.last = Some(row.id.clone());
        }
        Ok(page)
    }
}

fn text(expression: &str) -> SqlLiteral<Nullable<Text>> {
    sql(expression)
}
