//! The tables of Masakari, for an import.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use serde_json::{Map, Value};

use crate::store::backend::Backend;
use crate::store::connection::{Conn, Purpose};
use crate::store::error::Error;

/// Rows that are read at a time.
const PAGE: i64 = 500;

/// A table of Masakari, in the order in which they refer to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MasakariTable {
    /// Segments.
    Segments,
    /// Hosts.
    Hosts,
    /// Notifications.
    Notifications,
    /// Moves of virtual machines.
    VMoves,
}

/// A row: its number, and its columns as texts or nulls.
pub type MasakariRow = (i64, Map<String, Value>);

impl MasakariTable {
    /// Every table.
    pub const ALL: [Self; 4] = [Self::Segments, Self::Hosts, Self::Notifications, Self::VMoves];

    /// Returns its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Segments => "failover_segments",
            Self::Hosts => "hosts",
            Self::Notifications => "notifications",
            Self::VMoves => "vmoves",
        }
    }

    /// The columns that are texts or numbers.
    fn texts(self) -> &'static [&'static str] {
        match self {
            Self::Segments => &[
                "uuid",
                "name",
                "service_type",
                "enabled",
                "description",
                "recovery_method",
            ],
            Self::Hosts => &[
                "uuid",
                "name",
                "reserved",
                "type",
                "control_attributes",
                "on_maintenance",
                "failover_segment_id",
            ],
            Self::Notifications => &[
                "notification_uuid",
                "source_host_uuid",
                "type",
                "payload",
                "status",
                "failover_segment_uuid",
                "message",
            ],
            Self::VMoves => &[
                "uuid",
                "notification_uuid",
                "instance_uuid",
                "instance_name",
                "source_host",
                "dest_host",
                "type",
                "status",
                "message",
            ],
        }
    }

    /// The columns that are times.
    fn times(self) -> &'static [&'static str] {
        match self {
            Self::Segments | Self::Hosts => &["created_at", "updated_at"],
            Self::Notifications => &["created_at", "updated_at", "generated_time"],
            Self::VMoves => &["created_at", "updated_at", "start_time", "end_time"],
        }
    }
}

/// A database of Masakari.
pub struct MasakariDatabase(Conn);

impl MasakariDatabase {
    /// Connects to it.
    pub fn open(backend: &Backend) -> Result<Self, Error> {
        backend.connect(Purpose::Read(None)).map(Self)
    }

    /// Returns the rows after a number that are not marked as deleted; none at the end. [`Error::Broken`] if the table is not
    /// Masakari's.
    pub fn page(&mut self, table: MasakariTable, after: i64) -> Result<Vec<MasakariRow>, Error> {
        let conn = &mut self.0;
        let texts = table
            .texts()
            .iter()
            .map(|name| format!("'{name}', {}", conn.as_text(name)));
        let times = table
            .times()
            .iter()
            .map(|name| format!("'{name}', {}", conn.time_as_text(name)));
        let members: Vec<String> = texts.chain(times).collect();
        let object = format!("{}({})", conn.json_object(), members.join(", "));
        let select = format!(
            "SELECT CAST(id AS {}), {} FROM {} WHERE deleted = 0 AND id > ",
            conn.whole_number(),
            conn.as_text(&object),
            table.name()
        );
        let rows: Vec<(i64, String)> = sql::<(BigInt, Text)>(&select)
            .bind::<BigInt, _>(after)
            .sql(" ORDER BY id LIMIT ")
            .bind::<BigInt, _>(PAGE)
            .load(conn)?;
        let parse = |(id, text): (i64, String)| match serde_json::from_str(&text) {
            Ok(Value::Object(members)) => Ok((id, members)),
            _ => Err(Error::Broken(format!(
                "row {id} of {} cannot be read",
                table.name()
            ))),
        };
        rows.into_iter().map(parse).collect()
    }
}
