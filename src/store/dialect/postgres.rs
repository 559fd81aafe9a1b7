//! PostgreSQL.

use std::fmt::Write;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_query;
use diesel::sql_types::{Array, BigInt, Binary, Bool, Nullable, Text};

use super::{AUTHORITIES, MIGRATING, Named, PATIENCE};
use crate::config::{Check, Server};
use crate::message::Message;
use crate::store::error::{self, Error};

/// The number of the lock that a migration holds, the same on every host: "tidings" in ASCII.
const MIGRATION_LOCK: i64 = 0x74_6964_696e_6773;

pub(in crate::store) fn connect(server: &Server, busy_timeout: Duration) -> Result<PgConnection, Error> {
    let mut conn =
        PgConnection::establish(&conninfo(server)).map_err(|error| error::connection(server, &error))?;
    // Retries are decided by the words of errors. Only some roles may choose their language; see `error`.
    let _ = conn.batch_execute("SET lc_messages = 'C'");
    conn.batch_execute(&format!(
        "SET default_transaction_isolation = 'read committed'; SET lock_timeout = {}; SET jit = off; \
         SET timezone = 'UTC'",
        busy_timeout.as_millis()
    ))?;
    Ok(conn)
}

/// A primary and its standby share all but the moment of their start, and one server may have several addresses.
pub(super) fn server(conn: &mut PgConnection) -> Result<String, Error> {
    let found = sql_query(
        "SELECT concat('port ', current_setting('port'), ', up since ', pg_postmaster_start_time()) AS name",
    );
    Ok(found.get_result::<Named>(conn)?.name)
}

/// What libpq reads: names and quoted values. A server that is gone without a word is noticed within half a minute.
fn conninfo(server: &Server) -> String {
    let mut info = "application_name=tidings client_encoding=UTF8 keepalives_idle=10 keepalives_interval=5 \
                    keepalives_count=3 tcp_user_timeout=20000"
        .to_owned();
    let mut add = |name: &str, value: &str| {
        if !value.is_empty() {
            let value = value.replace('\\', "\\\\").replace('\'', "\\'");
            let _ = write!(info, " {name}='{value}'");
        }
    };
    add("host", server.socket.as_deref().unwrap_or(&server.host));
    add(
        "port",
        &server.port.map(|port| port.to_string()).unwrap_or_default(),
    );
    add("user", &server.user);
    add(
        "password",
        server.password.as_ref().map_or("", |password| password.expose()),
    );
    add("dbname", &server.database);
    add("connect_timeout", &server.connect_timeout.to_string());
    let tls = &server.tls;
    let mode = match tls.check {
        Check::Unasked => "prefer",
        Check::Off => "disable",
        Check::Nothing => "require",
        Check::Authority => "verify-ca",
        Check::Host => "verify-full",
    };
    add("sslmode", mode);
    match tls.check {
        Check::Authority | Check::Host => add("sslrootcert", tls.authority.as_deref().unwrap_or(AUTHORITIES)),
        _ => add("sslrootcert", tls.authority.as_deref().unwrap_or_default()),
    }
    add("sslcert", tls.certificate.as_deref().unwrap_or_default());
    add("sslkey", tls.key.as_deref().unwrap_or_default());
    // Of an option that comes twice libpq takes the last.
    for (name, value) in &server.passed {
        add(name, value.expose());
    }
    info
}

/// Waits until nobody else migrates. The lock ends with the connection.
pub(super) fn lock_migration(conn: &mut PgConnection) -> Result<(), Error> {
    let started = Instant::now();
    loop {
        let tried = sql_query("SELECT pg_try_advisory_lock($1) AS is_taken");
        let tried: Tried = tried.bind::<BigInt, _>(MIGRATION_LOCK).get_result(conn)?;
        if tried.is_taken {
            break;
        }
        if started.elapsed() >= PATIENCE {
            return Err(Error::Busy(MIGRATING.to_owned()));
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    // A step may wait for those who use the table.
    conn.batch_execute("SET lock_timeout = 0")?;
    Ok(())
}

#[derive(QueryableByName)]
struct Tried {
    #[diesel(sql_type = Bool)]
    is_taken: bool,
}

/// Rows that somebody else is deleting just now are left to them.
pub(super) fn delete_expired(conn: &mut PgConnection, before: i64, limit: i64) -> Result<usize, Error> {
    let delete = sql_query(
        "DELETE FROM messages WHERE ctid = ANY (ARRAY(SELECT ctid FROM messages WHERE expires_at < $1 \
         ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED))",
    );
    Ok(delete
        .bind::<BigInt, _>(before)
        .bind::<BigInt, _>(limit)
        .execute(conn)?)
}

/// Any number of messages in one statement that stays prepared: a column is an array.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Tls;

    #[test]
    fn values_are_quoted_for_libpq_and_tls_is_verified() {
        let server = Server {
            user: "o'neil".to_owned(),
            password: Some(crate::config::Secret::new("a b\\'c")),
            host: "db".to_owned(),
            port: Some(5433),
            socket: None,
            database: "tidings".to_owned(),
            tls: Tls {
                check: Check::Host,
                ..Tls::default()
            },
            connect_timeout: 3,
            passed: vec![("application_name".to_owned(), crate::config::Secret::new("notes"))],
            ignored: Vec::new(),
        };
        let info = conninfo(&server);
        for part in [
            " host='db' port='5433' user='o\\'neil' password='a b\\\\\\'c' dbname='tidings' connect_timeout='3'",
            " sslmode='verify-full' sslrootcert='/etc/ssl",
            " application_name='notes'",
        ] {
            assert!(info.contains(part), "{info}");
        }
    }
}
