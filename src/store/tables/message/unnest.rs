//! Inserting messages into PostgreSQL: any number of them with one prepared statement, which takes each column as an array.

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{Array, BigInt, Binary, Nullable, Text};

use crate::message::Message;
use crate::store::error::Error;

/// The columns of the messages.
struct Insert<'a> {
    project_id: Vec<&'a str>,
    created_at: Vec<i64>,
    id: Vec<&'a [u8]>,
    event_id: Vec<&'a str>,
    action_id: Vec<Option<&'a str>>,
    detail_id: Vec<Option<&'a str>>,
    resource_type: Vec<Option<&'a str>>,
    resource_uuid: Vec<Option<&'a str>>,
    request_id: Vec<&'a str>,
    message_level: Vec<&'a str>,
    parameters: Vec<Option<&'a str>>,
    expires_at: Vec<Option<i64>>,
}

pub(super) fn insert(conn: &mut PgConnection, rows: &[&Message]) -> Result<(), Error> {
    let texts = |column: fn(&Message) -> &str| rows.iter().map(|row| column(row)).collect();
    let nullable = |column: fn(&Message) -> Option<&str>| rows.iter().map(|row| column(row)).collect();
    let insert = Insert {
        project_id: texts(|row| &row.project_id),
        created_at: rows.iter().map(|row| row.created_at).collect(),
        id: rows.iter().map(|row| row.id.as_bytes().as_slice()).collect(),
        event_id: texts(|row| &row.event_id),
        action_id: nullable(|row| row.action_id.as_deref()),
        detail_id: nullable(|row| row.detail_id.as_deref()),
        resource_type: nullable(|row| row.resource_type.as_deref()),
        resource_uuid: nullable(|row| row.resource_uuid.as_deref()),
        request_id: texts(|row| &row.request_id),
        message_level: texts(|row| &row.message_level),
        parameters: nullable(|row| row.parameters.as_deref()),
        expires_at: rows.iter().map(|row| row.expires_at).collect(),
    };
    insert.execute(conn)?;
    Ok(())
}

impl QueryId for Insert<'_> {
    type QueryId = Insert<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl RunQueryDsl<PgConnection> for Insert<'_> {}

impl QueryFragment<Pg> for Insert<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "INSERT INTO messages (project_id, created_at, id, event_id, action_id, detail_id, resource_type, \
             resource_uuid, request_id, message_level, parameters, expires_at) SELECT * FROM unnest(",
        );
        out.push_bind_param::<Array<Text>, _>(&self.project_id)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<BigInt>, _>(&self.created_at)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Binary>, _>(&self.id)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Text>, _>(&self.event_id)?;
        for column in [
            &self.action_id,
            &self.detail_id,
            &self.resource_type,
            &self.resource_uuid,
        ] {
            out.push_sql(", ");
            out.push_bind_param::<Array<Nullable<Text>>, _>(column)?;
        }
        for column in [&self.request_id, &self.message_level] {
            out.push_sql(", ");
            out.push_bind_param::<Array<Text>, _>(column)?;
        }
        out.push_sql(", ");
        out.push_bind_param::<Array<Nullable<Text>>, _>(&self.parameters)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Nullable<BigInt>>, _>(&self.expires_at)?;
        out.push_sql(")");
        Ok(())
    }
}
