//! PostgreSQL.

use std::fmt::Write;
use std::time::Duration;

use diesel::connection::{CacheSize, SimpleConnection};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};

use super::connection_error::{self, AUTHORITIES};
use crate::config::{Check, Server};
use crate::store::connection::Purpose;
use crate::store::error::Error;

/// The number of the migration lock, the same on every host: "tidings" in ASCII.
const MIGRATION_LOCK: i64 = 0x74_6964_696e_6773;

pub(in crate::store) fn connect(
    server: &Server,
    busy_timeout: Duration,
    purpose: Purpose,
) -> Result<PgConnection, Error> {
    let mut conn =
        PgConnection::establish(&conninfo(server)).map_err(|error| connection_error::of(server, &error))?;
    if purpose == Purpose::Foreign {
        // A pooler may give the session to other programs: nothing may stay in it. See `begin_foreign`.
        conn.set_prepared_statement_cache_size(CacheSize::Disabled);
        return Ok(conn);
    }
    // Retries depend on the text of errors. Only some roles may choose their language.
    let _ = conn.batch_execute("SET lc_messages = 'C'");
    conn.batch_execute(&format!(
        "SET default_transaction_isolation = 'read committed'; SET lock_timeout = {}; SET jit = off; \
         SET timezone = 'UTC'",
        busy_timeout.as_millis()
    ))?;
    Ok(conn)
}

/// A primary and its standby share everything but their start time, and one server may have several addresses.
pub(super) fn server(conn: &mut PgConnection) -> Result<String, Error> {
    let name = sql::<Text>(
        "SELECT concat('port ', current_setting('port'), ', up since ', pg_postmaster_start_time())",
    );
    Ok(name.get_result(conn)?)
}

/// The connection string for libpq: names and quoted values. A silent server is noticed within half a minute.
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
    // Of a repeated option, libpq takes the last.
    for (name, value) in &server.passed {
        add(name, value.expose());
    }
    info
}

/// Takes the right to migrate, which ends with the connection. Returns whether it is free.
pub(super) fn try_lock_migration(conn: &mut PgConnection) -> Result<bool, Error> {
    let lock = sql::<Bool>("SELECT pg_try_advisory_lock(").bind::<BigInt, _>(MIGRATION_LOCK);
    Ok(lock.sql(")").get_result(conn)?)
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
