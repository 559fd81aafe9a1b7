//! MariaDB and MySQL, one server or a Galera cluster.

use std::fmt::Write;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::mysql::Mysql;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_query;
use diesel::sql_types::{BigInt, Text, Unsigned};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::connection_error::{self, AUTHORITIES};
use crate::config::{Check, Server};
use crate::store::connection::Purpose;
use crate::store::error::Error;

/// The port of a server whose URL names none.
#[cfg(target_os = "linux")]
const PORT: u16 = 3306;

pub(in crate::store) fn connect(
    server: &Server,
    busy_timeout: Duration,
    purpose: Purpose,
) -> Result<MysqlConnection, Error> {
    let mut conn =
        MysqlConnection::establish(&url(server)?).map_err(|error| connection_error::of(server, &error))?;
    #[cfg(target_os = "linux")]
    if server.socket.is_none() {
        super::sockets::set_timeouts(server.port.unwrap_or(PORT));
    }
    match conn
        .batch_execute(&settings(busy_timeout, purpose))
        .map_err(Error::from)
    {
        Err(Error::Broken(text)) if text.contains("Unknown collation") => {
            return Err(Error::Conflict(format!(
                "the server is not a MariaDB of 10.2 or newer ({text})"
            )));
        }
        set => set?,
    }
    // On a Galera cluster, reads must wait for the commits of other nodes.
    let wsrep = sql::<(Text, Text)>("SHOW VARIABLES LIKE 'wsrep_on'");
    let wsrep: Option<(String, String)> = wsrep.get_result(&mut conn).optional()?;
    if wsrep.is_some_and(|(_, value)| value == "ON") {
        // 1: SELECT and BEGIN, 2: UPDATE and DELETE. Without them a node answers from what it has applied so far, and would
        // not find a message just recorded through another node.
        conn.batch_execute(match purpose {
            Purpose::Write => "SET SESSION wsrep_sync_wait = 3",
            _ => "SET SESSION wsrep_sync_wait = 1",
        })?;
    }
    Ok(conn)
}

/// A primary and its replica have different ids.
pub(super) fn server(conn: &mut MysqlConnection) -> Result<String, Error> {
    let cluster = sql::<(Text, Text)>("SHOW STATUS LIKE 'wsrep_cluster_state_uuid'");
    let cluster: Option<(String, String)> = cluster.get_result(conn).optional()?;
    if let Some((_, id)) = cluster.filter(|(_, id)| !id.is_empty()) {
        return Ok(format!("cluster {id}"));
    }
    let name = sql::<Text>("SELECT CAST(CONCAT(@@hostname, ':', @@port, ' id ', @@server_id) AS CHAR)");
    Ok(name.get_result(conn)?)
}

/// MariaDB counts seconds, MySQL milliseconds, each under a name of its own.
pub(super) fn limit_statements(conn: &mut MysqlConnection, longest: Duration) -> Result<(), Error> {
    let seconds = format!("SET SESSION max_statement_time = {}", longest.as_secs_f64());
    if conn.batch_execute(&seconds).is_err() {
        conn.batch_execute(&format!(
            "SET SESSION max_execution_time = {}",
            longest.as_millis()
        ))?;
    }
    Ok(())
}

/// The settings of a session. MySQL, whose tables of other programs are read, lacks MariaDB's collation.
///
/// A writer's session has no autocommit: after a deadlock the server has rolled back the whole transaction, and the statements
/// after it would otherwise commit one by one. Texts are compared byte by byte, including NUL and trailing spaces, as in the
/// columns. Errors are in English, since retries depend on their text.
fn settings(busy_timeout: Duration, purpose: Purpose) -> String {
    let seconds = busy_timeout.as_secs().max(1);
    let collation = match purpose {
        Purpose::Foreign => "utf8mb4_bin",
        _ => "utf8mb4_nopad_bin",
    };
    let mut settings = format!(
        "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,\
         NO_ENGINE_SUBSTITUTION,ANSI_QUOTES'; SET NAMES utf8mb4 COLLATE {collation}; \
         SET SESSION sql_safe_updates = 0; SET SESSION time_zone = '+00:00'; SET SESSION lc_messages = 'en_US'; \
         SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED; \
         SET SESSION innodb_lock_wait_timeout = {seconds}; SET SESSION lock_wait_timeout = {seconds};"
    );
    settings.push_str(match purpose {
        Purpose::Write => " SET SESSION autocommit = 0;",
        // The table of migrations names no engine, and only InnoDB tables are replicated in a cluster.
        Purpose::Migrate => " SET SESSION autocommit = 1; SET SESSION default_storage_engine = InnoDB;",
        // The server's default may differ.
        _ => " SET SESSION autocommit = 1;",
    });
    settings
}

/// The URL for diesel. Its `ssl_mode` has no effect with MariaDB's library, and it has no timeout; that library accepts both in a
/// list of settings in place of the host. Another library takes the list for a host name and fails, so that no connection is
/// ever unprotected.
fn url(server: &Server) -> Result<String, Error> {
    let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let mut url = format!("mysql://{}", encode(&server.user));
    if let Some(password) = &server.password {
        let _ = write!(url, ":{}", encode(password.expose()));
    }
    url.push('@');
    url.push_str(&host(server)?);
    if let (Some(port), None) = (server.port, &server.socket) {
        let _ = write!(url, ":{port}");
    }
    // diesel does not decode the name.
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-$.".contains(c);
    if !server.database.chars().all(is_plain) {
        return Err(Error::Broken(
            "the name of a MariaDB database may have letters, digits and _ - $ . only".to_owned(),
        ));
    }
    let _ = write!(url, "/{}", server.database);
    let options = [
        ("unix_socket", server.socket.as_deref()),
        ("ssl_ca", authority(server)),
        ("ssl_cert", server.tls.certificate.as_deref()),
        ("ssl_key", server.tls.key.as_deref()),
    ];
    let mut separator = '?';
    for (name, value) in options {
        if let Some(value) = value {
            let _ = write!(url, "{separator}{name}={}", encode(value));
            separator = '&';
        }
    }
    Ok(url)
}

/// The authorities to trust. If the host is not checked, the library verifies nothing unless it is given some.
fn authority(server: &Server) -> Option<&str> {
    let default = (server.tls.check == Check::Authority).then_some(AUTHORITIES);
    server.tls.authority.as_deref().or(default)
}

fn host(server: &Server) -> Result<String, Error> {
    if server.socket.is_some() {
        return Ok("localhost".to_owned());
    }
    if server.host.contains(':') {
        return match server.tls.check {
            Check::Unasked | Check::Off => Ok(format!("[{}]", server.host)),
            _ => Err(Error::Broken(
                "TLS to MariaDB needs a host name in place of an IPv6 address".to_owned(),
            )),
        };
    }
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    if !server.host.chars().all(is_plain) {
        return Err(Error::Broken(
            "the host of the database is not a name or an address".to_owned(),
        ));
    }
    // For the library, "localhost" means a socket; in the URL it means the machine.
    let host = match server.host.as_str() {
        "" | "localhost" => "127.0.0.1",
        other => other,
    };
    let mut settings = format!("host={host};connect-timeout={}", server.connect_timeout);
    settings.push_str(match server.tls.check {
        Check::Unasked | Check::Off => "",
        Check::Nothing | Check::Authority => ";ssl-enforce=1",
        Check::Host => ";ssl-enforce=1;ssl-verify-server-cert=1",
    });
    Ok(settings)
}

/// A statement without parameters that stays prepared: one round trip where diesel's own way takes three, and an error of
/// COMMIT keeps its kind.
struct Fixed(&'static str);

impl QueryId for Fixed {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl QueryFragment<Mysql> for Fixed {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Mysql>) -> QueryResult<()> {
        out.push_sql(self.0);
        Ok(())
    }
}

impl RunQueryDsl<MysqlConnection> for Fixed {}

pub(super) fn commit(conn: &mut MysqlConnection) -> Result<(), Error> {
    Fixed("COMMIT").execute(conn)?;
    Ok(())
}

pub(super) fn rollback(conn: &mut MysqlConnection) -> Result<(), Error> {
    conn.batch_execute("ROLLBACK")?;
    Ok(())
}

/// How long a host that stopped during a migration locks out the others, in seconds: longer than a step takes on a large
/// table, since the right is not renewed during one.
const LEASE: u64 = 4 * 3600;

/// What an operator can do about a right that will not be released.
pub(super) const STOPPED: &str = "if one stopped in the middle, free its right with \
                       `UPDATE migration_lock SET holder = '', expires_at = 0` or wait four hours";

/// Takes the right to migrate, for all hosts and all nodes of a cluster. Returns whether it is free. It is a row, since neither
/// `GET_LOCK` nor a row lock reaches other nodes, and each statement that changes the schema commits by itself.
pub(super) fn try_lock_migration(conn: &mut MysqlConnection, holder: &str) -> Result<bool, Error> {
    let taken = sql_query(
        "UPDATE migration_lock SET holder = ?, expires_at = UNIX_TIMESTAMP() + ? \
         WHERE id = 1 AND (expires_at < UNIX_TIMESTAMP() OR holder = '')",
    );
    let taken = taken
        .bind::<Text, _>(holder)
        .bind::<Unsigned<BigInt>, _>(LEASE)
        .execute(conn);
    match taken.map_err(Error::from) {
        // The very first migration.
        Err(Error::Broken(text)) if text.contains("doesn't exist") => {
            conn.batch_execute(
                "CREATE TABLE IF NOT EXISTS migration_lock (id INT NOT NULL PRIMARY KEY, holder CHAR(32) NOT NULL, \
                 expires_at BIGINT NOT NULL) ENGINE = InnoDB; \
                 INSERT IGNORE INTO migration_lock VALUES (1, '', 0)",
            )?;
            Ok(false)
        }
        taken => Ok(taken? == 1),
    }
}

/// Releases the right. On a cluster, another host's attempt may be in the way.
pub(super) fn unlock_migration(conn: &mut MysqlConnection, holder: &str) -> Result<(), Error> {
    let mut tries = 0;
    loop {
        tries += 1;
        let given =
            sql_query("UPDATE migration_lock SET holder = '', expires_at = 0 WHERE id = 1 AND holder = ?")
                .bind::<Text, _>(holder)
                .execute(conn);
        match given.map_err(Error::from) {
            Err(Error::Busy(_)) if tries < TRIES => std::thread::sleep(Duration::from_millis(20)),
            given => return given.map(drop),
        }
    }
}

/// The most attempts to release the right.
const TRIES: u32 = 50;
