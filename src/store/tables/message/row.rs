//! Reading a row without allocating a string for each column.

use std::cell::Cell;
use std::hash::Hasher;

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::prelude::*;
use diesel::row::{Field, Row as RawRow};
use diesel::sql_types::{BigInt, Binary, Nullable, Text};
use uuid::Uuid;

use crate::message::{Message, Position};
use crate::store::connection::{Conn, MultiBackend, with_each};
use crate::store::error::Error;
use crate::store::schema::messages;
use crate::store::tables::raw::RawValue;

/// A message read from the database, its texts side by side in one buffer.
///
/// A page of a thousand rows would otherwise allocate ten thousand strings. When a row is dropped, its buffer becomes the
/// thread's spare one, so that reading a page allocates next to nothing.
#[derive(Debug, Clone)]
pub struct MessageRow {
    /// The message's id.
    pub id: Uuid,
    /// Microseconds since 1970, UTC.
    pub created_at: i64,
    /// Microseconds since 1970, UTC; never if none.
    pub expires_at: Option<i64>,
    texts: String,
    spans: [Span; TEXTS],
}

/// Where a text lies in the buffer; none for NULL.
type Span = Option<(u32, u32)>;

/// The number of text columns.
const TEXTS: usize = 9;

/// The columns in the order that [`MessageRow`] reads them: the texts first, as in its accessors.
pub(in crate::store) type Columns = (
    messages::project_id,
    messages::event_id,
    messages::action_id,
    messages::detail_id,
    messages::resource_type,
    messages::resource_uuid,
    messages::request_id,
    messages::message_level,
    messages::parameters,
    messages::id,
    messages::created_at,
    messages::expires_at,
);

pub(in crate::store) fn columns() -> Columns {
    Columns::default()
}

type SqlTypes = (
    Text,
    Text,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Text>,
    Text,
    Text,
    Nullable<Text>,
    Binary,
    BigInt,
    Nullable<BigInt>,
);

thread_local! {
    static SPARE: Cell<String> = const { Cell::new(String::new()) };
}

impl MessageRow {
    /// A row of which only the position is known.
    pub(super) fn at(position: Position) -> Self {
        Self {
            id: position.id,
            created_at: position.created_at,
            expires_at: None,
            texts: String::new(),
            spans: [None; TEXTS],
        }
    }

    /// Its position in the order of time.
    pub fn position(&self) -> Position {
        Position {
            created_at: self.created_at,
            id: self.id,
        }
    }

    /// The project it belongs to.
    pub fn project_id(&self) -> &str {
        self.text(0)
    }

    /// The catalog code.
    pub fn event_id(&self) -> &str {
        self.text(1)
    }

    /// The action of a composed id.
    pub fn action_id(&self) -> Option<&str> {
        self.nullable(2)
    }

    /// The detail of a composed id.
    pub fn detail_id(&self) -> Option<&str> {
        self.nullable(3)
    }

    /// The type of the resource.
    pub fn resource_type(&self) -> Option<&str> {
        self.nullable(4)
    }

    /// The id of the resource.
    pub fn resource_uuid(&self) -> Option<&str> {
        self.nullable(5)
    }

    /// The request that led to it.
    pub fn request_id(&self) -> &str {
        self.text(6)
    }

    /// The level, such as `ERROR`.
    pub fn message_level(&self) -> &str {
        self.text(7)
    }

    /// The arguments of its text, as JSON.
    pub fn parameters(&self) -> Option<&str> {
        self.nullable(8)
    }

    /// Adds what identifies this version of the message: its id and its texts, of which its code and what comes with it can
    /// change. Where each text ends is added too, so that no two versions look the same.
    pub fn identify(&self, hasher: &mut impl Hasher) {
        hasher.write(self.id.as_bytes());
        let mut ends = [0; TEXTS * size_of::<u32>()];
        for (end, span) in ends.chunks_exact_mut(size_of::<u32>()).zip(self.spans) {
            end.copy_from_slice(&span.map_or(u32::MAX, |(_, end)| end).to_le_bytes());
        }
        hasher.write(&ends);
        hasher.write(self.texts.as_bytes());
    }

    /// Its size in memory, in bytes.
    pub(super) fn size(&self) -> usize {
        size_of::<Self>() + self.texts.len()
    }

    /// The row as a message that owns its texts.
    pub fn to_message(&self) -> Message {
        Message {
            id: self.id,
            project_id: self.project_id().to_owned(),
            event_id: self.event_id().to_owned(),
            action_id: self.action_id().map(str::to_owned),
            detail_id: self.detail_id().map(str::to_owned),
            resource_type: self.resource_type().map(str::to_owned),
            resource_uuid: self.resource_uuid().map(str::to_owned),
            request_id: self.request_id().to_owned(),
            message_level: self.message_level().to_owned(),
            parameters: self.parameters().map(str::to_owned),
            created_at: self.created_at,
            expires_at: self.expires_at,
        }
    }

    fn text(&self, index: usize) -> &str {
        self.nullable(index).unwrap_or_default()
    }

    fn nullable(&self, index: usize) -> Option<&str> {
        let (from, to) = self.spans[index]?;
        self.texts.get(from as usize..to as usize)
    }
}

impl Drop for MessageRow {
    fn drop(&mut self) {
        SPARE.set(std::mem::take(&mut self.texts));
    }
}

pub(super) fn by_id(conn: &mut Conn, id: Uuid) -> Result<MessageRow, Error> {
    with_each!(conn, conn => {
        Ok(messages::table
            .select(columns())
            .filter(messages::id.eq(id.as_bytes().as_slice()))
            .get_result(conn)?)
    })
}

fn read<'a, DB>(row: &impl RawRow<'a, DB>) -> deserialize::Result<MessageRow>
where
    DB: Backend,
    for<'r> DB::RawValue<'r>: RawValue,
    i64: FromSql<BigInt, DB>,
{
    let mut texts = SPARE.take();
    texts.clear();
    let mut spans = [None; TEXTS];
    for (index, span) in spans.iter_mut().enumerate() {
        let field = row.get(index).ok_or("a column is missing")?;
        if let Some(mut value) = field.value() {
            let from = u32::try_from(texts.len())?;
            texts.push_str(value.text()?);
            *span = Some((from, u32::try_from(texts.len())?));
        }
    }
    let id = {
        let field = row.get(TEXTS).ok_or("a column is missing")?;
        let mut value = field.value().ok_or("an id is null")?;
        Uuid::from_slice(value.bytes())?
    };
    let created_at = row.get_value::<BigInt, i64, _>(TEXTS + 1)?;
    let expires_at = row.get_value::<Nullable<BigInt>, Option<i64>, _>(TEXTS + 2)?;
    Ok(MessageRow {
        id,
        created_at,
        expires_at,
        texts,
        spans,
    })
}

/// One implementation for all backends would overlap with diesel's own for tuples.
macro_rules! read_from {
    ($Db:ty) => {
        impl FromSqlRow<SqlTypes, $Db> for MessageRow {
            fn build_from_row<'a>(row: &impl RawRow<'a, $Db>) -> deserialize::Result<Self> {
                read(row)
            }
        }
    };
}

#[cfg(feature = "sqlite")]
read_from!(diesel::sqlite::Sqlite);
#[cfg(feature = "postgres")]
read_from!(diesel::pg::Pg);
#[cfg(feature = "mysql")]
read_from!(diesel::mysql::Mysql);
read_from!(MultiBackend);
