//! Inserting messages.
#![allow(clippy::ref_option_ref, reason = "the derive generates it")]

use diesel::prelude::*;

use crate::message::Message;
use crate::store::connection::Conn;
#[cfg(feature = "mysql")]
use crate::store::dialect::chunks;
use crate::store::error::Error;
use crate::store::schema::messages;

/// A row to insert. `treat_none_as_default_value = false` keeps the statement the same whatever is null, so that it is
/// prepared once.
#[cfg(any(feature = "sqlite", feature = "mysql"))]
#[derive(Insertable)]
#[diesel(table_name = messages, treat_none_as_default_value = false)]
struct NewRow<'a> {
    project_id: &'a str,
    created_at: i64,
    id: &'a [u8],
    event_id: &'a str,
    action_id: Option<&'a str>,
    detail_id: Option<&'a str>,
    resource_type: Option<&'a str>,
    resource_uuid: Option<&'a str>,
    request_id: &'a str,
    message_level: &'a str,
    parameters: Option<&'a str>,
    expires_at: Option<i64>,
}

#[cfg(any(feature = "sqlite", feature = "mysql"))]
impl<'a> From<&'a Message> for NewRow<'a> {
    fn from(message: &'a Message) -> Self {
        Self {
            project_id: &message.project_id,
            created_at: message.created_at,
            id: message.id.as_bytes(),
            event_id: &message.event_id,
            action_id: message.action_id.as_deref(),
            detail_id: message.detail_id.as_deref(),
            resource_type: message.resource_type.as_deref(),
            resource_uuid: message.resource_uuid.as_deref(),
            request_id: &message.request_id,
            message_level: &message.message_level,
            parameters: message.parameters.as_deref(),
            expires_at: message.expires_at,
        }
    }
}

/// Inserts messages: on SQLite one by one, which is fastest there, on a server in as few statements as possible. After an
/// error the transaction must be rolled back.
pub(in crate::store) fn insert(conn: &mut Conn, rows: &[&Message]) -> Result<(), Error> {
    if rows.is_empty() {
        return Ok(());
    }
    match conn {
        #[cfg(feature = "sqlite")]
        Conn::Sqlite(conn) => {
            for message in rows {
                diesel::insert_into(messages::table)
                    .values(NewRow::from(*message))
                    .execute(conn)?;
            }
            Ok(())
        }
        #[cfg(feature = "postgres")]
        Conn::Postgres(conn) => super::unnest::insert(conn, rows),
        #[cfg(feature = "mysql")]
        Conn::Mysql(conn) => {
            let rows = rows.iter().map(|message| (size(message), NewRow::from(*message)));
            chunks::by_size(rows, |rows| {
                diesel::insert_into(messages::table).values(rows).execute(conn)?;
                Ok(())
            })
        }
    }
}

/// About how many bytes a message takes in a statement.
#[cfg(feature = "mysql")]
fn size(message: &Message) -> usize {
    let texts = [
        &message.action_id,
        &message.detail_id,
        &message.resource_type,
        &message.resource_uuid,
        &message.parameters,
    ];
    let optional = texts.iter().filter_map(|text| text.as_ref().map(String::len));
    let fixed = [
        &message.project_id,
        &message.event_id,
        &message.request_id,
        &message.message_level,
    ];
    optional.chain(fixed.iter().map(|text| text.len())).sum::<usize>() + NUMBERS
}

/// Bytes of a message's id, times and text lengths.
#[cfg(feature = "mysql")]
const NUMBERS: usize = 64;
