//! MariaDB and MySQL, one server or a Galera cluster.

use std::fmt::Write;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::mysql::Mysql;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_query;
use diesel::sql_types::{BigInt, Text, Unsigned};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use uuid::Uuid;

use super::{AUTHORITIES, MIGRATING, Named, PATIENCE};
use crate::config::{Check, Server};
use crate::message::Message;
use crate::store::backend::Purpose;
use crate::store::chunks;
use crate::store::error::{self, Error};
use crate::store::message::NewRow;
use crate::store::schema::messages;

/// The port of a server whose URL names none.
#[cfg(target_os = "linux")]
const PORT: u16 = 3306;

/// A row of SHOW VARIABLES or SHOW STATUS.
#[derive(QueryableByName)]
pub(super) struct Variable {
    #[diesel(sql_type = Text)]
    #[diesel(column_name = "Variable_name")]
    pub(super) name: String,
    #[diesel(sql_type = Text)]
    #[diesel(column_name = "Value")]
    pub(super) value: String,
}

pub(in crate::store) fn connect(
    server: &Server,
    busy_timeout: Duration,
    purpose: Purpose,
) -> Result<MysqlConnection, Error> {
    let mut conn =
        MysqlConnection::establish(&url(server)?).map_err(|error| error::connection(server, &error))?;
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
    // Where a Galera cluster replicates what is written, reads have to wait for what other nodes committed.
    let wsrep: Vec<Variable> = sql_query("SHOW VARIABLES LIKE 'wsrep_on'").load(&mut conn)?;
    if wsrep.iter().any(|variable| variable.value == "ON") {
        // 1: SELECT and BEGIN, 2: UPDATE and DELETE. Without them a node answers from what it has applied so far, and a
        // message just recorded through another node would not be found.
        conn.batch_execute(match purpose {
            Purpose::Write => "SET SESSION wsrep_sync_wait = 3",
            _ => "SET SESSION wsrep_sync_wait = 1",
        })?;
    }
    Ok(conn)
}

/// A primary and its replica have different ids.
pub(super) fn server(conn: &mut MysqlConnection) -> Result<String, Error> {
    let cluster: Vec<Variable> = sql_query("SHOW STATUS LIKE 'wsrep_cluster_state_uuid'").load(conn)?;
    if let Some(cluster) = cluster.into_iter().find(|cluster| !cluster.value.is_empty()) {
        return Ok(format!("cluster {}", cluster.value));
    }
    let found =
        sql_query("SELECT CAST(CONCAT(@@hostname, ':', @@port, ' id ', @@server_id) AS CHAR) AS name");
    Ok(found.get_result::<Named>(conn)?.name)
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

/// A writer's session has no autocommit: after a deadlock the server has rolled back the whole transaction, and what
/// came after it would otherwise be committed statement by statement. Texts are compared byte by byte, NUL and trailing
/// spaces included, as in the columns. The server's words are English, since retries are decided by them.
fn settings(busy_timeout: Duration, purpose: Purpose) -> String {
    let seconds = busy_timeout.as_secs().max(1);
    let mut settings = format!(
        "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,\
         NO_ENGINE_SUBSTITUTION,ANSI_QUOTES'; SET NAMES utf8mb4 COLLATE utf8mb4_nopad_bin; \
         SET SESSION sql_safe_updates = 0; SET SESSION time_zone = '+00:00'; SET SESSION lc_messages = 'en_US'; \
         SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED; \
         SET SESSION innodb_lock_wait_timeout = {seconds}; SET SESSION lock_wait_timeout = {seconds};"
    );
    settings.push_str(match purpose {
        Purpose::Write => " SET SESSION autocommit = 0;",
        // The table of migrations names no engine, and only InnoDB's reach the other nodes of a cluster.
        Purpose::Migrate => " SET SESSION autocommit = 1; SET SESSION default_storage_engine = InnoDB;",
        // The server's default may be another.
        _ => " SET SESSION autocommit = 1;",
    });
    settings
}

/// What diesel reads. Its `ssl_mode` does nothing with MariaDB's library, and a limit of time it has none; that library
/// takes both in a list of settings in the place of the host. Another library takes the list for the name of a host and
/// fails, so that nothing is ever left unprotected.
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
    // diesel takes the name as it stands.
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

/// The authorities to trust. Where the host is not to be checked, the library verifies nothing unless it is given some.
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
    // "localhost" would mean a socket to the library, wherever it may be; the URL means the machine.
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

/// A statement without values that stays prepared: one round trip where diesel's own way takes three, and an error of
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

pub(super) fn insert(conn: &mut MysqlConnection, rows: &[&Message]) -> Result<(), Error> {
    let rows = rows.iter().map(|message| (size(message), NewRow::from(*message)));
    chunks::by_size(rows, |rows| {
        diesel::insert_into(messages::table).values(rows).execute(conn)?;
        Ok(())
    })
}

/// Returns what a message takes in a statement, roughly.
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

/// Bytes of a message's id, of its times and of the lengths of its texts.
const NUMBERS: usize = 64;

/// MariaDB knows no LIMIT inside IN (SELECT ..), and a DELETE with a LIMIT of its own would be another one on a replica.
pub(super) fn delete_expired(conn: &mut MysqlConnection, before: i64, limit: i64) -> Result<usize, Error> {
    let expired: Vec<Vec<u8>> = messages::table
        .select(messages::id)
        .filter(messages::expires_at.lt(before))
        .order(messages::expires_at)
        .limit(limit)
        .load(conn)?;
    let mut deleted = 0;
    for ids in expired.chunks(IDS) {
        deleted += diesel::delete(messages::table.filter(messages::id.eq_any(ids))).execute(conn)?;
    }
    Ok(deleted)
}

/// Ids of one statement, each a value of the 65535 that it may have.
const IDS: usize = 10_000;

/// How long a host that stopped in the middle of a migration keeps the others away, in seconds: longer than a step takes
/// on a large table, since nobody renews the right during one.
const LEASE: u64 = 4 * 3600;

/// What an operator can do about a right that nobody will give back.
const STOPPED: &str = "if one stopped in the middle, free its right with \
                       `UPDATE migration_lock SET holder = '', expires_at = 0` or wait four hours";

/// Takes the right to migrate, for all hosts and all nodes of a cluster: a row, since neither `GET_LOCK` nor a row's lock
/// reaches the other nodes, and since each statement that changes the schema commits by itself.
pub(super) fn lock_migration(conn: &mut MysqlConnection) -> Result<String, Error> {
    let holder = Uuid::new_v4().simple().to_string();
    let started = Instant::now();
    loop {
        match try_lock(conn, &holder) {
            Ok(true) => return Ok(holder),
            Ok(false) | Err(Error::Busy(_)) if started.elapsed() < PATIENCE => {
                std::thread::sleep(Duration::from_millis(100));
            }
            Ok(false) => return Err(Error::Busy(format!("{MIGRATING}; {STOPPED}"))),
            Err(error) => return Err(error),
        }
    }
}

fn try_lock(conn: &mut MysqlConnection, holder: &str) -> Result<bool, Error> {
    let taken = sql_query(
        "UPDATE migration_lock SET holder = ?, expires_at = UNIX_TIMESTAMP() + ? \
         WHERE id = 1 AND (expires_at < UNIX_TIMESTAMP() OR holder = '')",
    );
    let taken = taken
        .bind::<Text, _>(holder)
        .bind::<Unsigned<BigInt>, _>(LEASE)
        .execute(conn);
    match taken.map_err(Error::from) {
        // The very first time.
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

/// Gives the right back. On a cluster another host's try may be in the way.
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

/// How often the right is given back at most.
const TRIES: u32 = 50;
