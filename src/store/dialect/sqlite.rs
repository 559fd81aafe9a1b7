//! SQLite: the embedded database.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Integer, Text};

use crate::message::Message;
use crate::store::backend::Purpose;
use crate::store::error::Error;
use crate::store::ingest::KeyLine;
use crate::store::message::NewRow;
use crate::store::schema::{ingest_keys, messages};

/// Bytes of a page: SQLite's default, which the store keeps.
pub(in crate::store) const PAGE_SIZE: u64 = 4096;

/// How long the writer sleeps between two tries for the write lock.
const LOCK_POLL: Duration = Duration::from_micros(500);

#[derive(QueryableByName)]
struct Word {
    #[diesel(sql_type = Text)]
    compile_options: String,
}

#[derive(QueryableByName)]
struct Checkpoint {
    #[diesel(sql_type = Integer)]
    busy: i32,
    #[diesel(sql_type = Integer)]
    log: i32,
    #[diesel(sql_type = Integer)]
    checkpointed: i32,
}

pub(in crate::store) fn connect(
    path: &Path,
    busy_timeout: Duration,
    purpose: Purpose,
) -> Result<SqliteConnection, Error> {
    // SQLite would make an empty database for whoever asks in the wrong place.
    if purpose != Purpose::Migrate && !path.exists() {
        return Err(Error::Unavailable(
            "there is no such file (wrong directory or --config-file?)".to_owned(),
        ));
    }
    if purpose == Purpose::Migrate {
        make_private(path);
    }
    let url = path
        .to_str()
        .ok_or_else(|| Error::Broken("the path is not UTF-8".to_owned()))?;
    let mut conn = SqliteConnection::establish(url)
        .map_err(|error| Error::Unavailable(format!("{}: {error}", path.display())))?;
    let settings = settings(purpose, busy_timeout);
    // The switch to the write-ahead log does not wait for other processes by itself.
    retry_while_locked(busy_timeout, || Ok(conn.batch_execute(&settings)?))?;
    Ok(conn)
}

/// Makes the file, unless it is there, for its owner alone: SQLite would leave that to the umask. The log and its index get
/// the mode of the file. What keeps it from being made keeps SQLite, too, which says so.
fn make_private(path: &Path) {
    let _ = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
}

/// synchronous=FULL: a commit is on the disk before anybody is told of it. LIKE regards case as everywhere else.
fn settings(purpose: Purpose, busy_timeout: Duration) -> String {
    let mut settings = format!(
        "PRAGMA busy_timeout = {}; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY; \
         PRAGMA case_sensitive_like = ON; PRAGMA cache_size = -{}; PRAGMA trusted_schema = OFF;",
        busy_timeout.as_millis(),
        cache_size(purpose),
    );
    match purpose {
        // The writer waits for locks by itself, so SQLite's own waiting is off once the log's mode is set; so are its
        // checkpoints, which have a thread of their own.
        Purpose::Write => settings
            .push_str("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; PRAGMA busy_timeout = 0;"),
        Purpose::Checkpoint => settings.push_str("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0;"),
        Purpose::Migrate => settings.push_str("PRAGMA journal_mode = WAL;"),
        Purpose::Look => {}
        Purpose::Read(_) => settings.push_str("PRAGMA query_only = ON;"),
    }
    settings
}

/// Kilobytes of pages that a connection keeps. The writer's are those that busy writers change again and again, which it
/// would otherwise read back from the log.
fn cache_size(purpose: Purpose) -> u32 {
    match purpose {
        Purpose::Write => 32_000,
        _ => 16_000,
    }
}

/// Refuses an SQLite that was built without what the store's speed and safety rest on.
pub(super) fn check_build(conn: &mut SqliteConnection) -> Result<(), Error> {
    let options: Vec<Word> = sql_query("PRAGMA compile_options").load(conn)?;
    if options
        .iter()
        .any(|option| option.compile_options == "ENABLE_QPSG")
    {
        return Ok(());
    }
    Err(Error::Broken(
        "this program is linked with an SQLite that was compiled without SQLITE_ENABLE_QPSG".to_owned(),
    ))
}

/// How far the write-ahead log is, in bytes of pages.
#[derive(Debug, Clone, Copy)]
pub(in crate::store) struct LogState {
    /// The part that is in use.
    pub length: u64,
    /// What of it is in the database already.
    pub moved: u64,
}

impl LogState {
    /// What is still to be moved.
    pub(in crate::store) fn rest(self) -> u64 {
        self.length.saturating_sub(self.moved)
    }
}

/// How long the log is, and how much of it is moved.
pub(in crate::store) fn look_at_log(conn: &mut SqliteConnection) -> Result<LogState, Error> {
    let state: Checkpoint = sql_query("PRAGMA wal_checkpoint(NOOP)").get_result(conn)?;
    Ok(LogState {
        length: bytes(state.log),
        moved: bytes(state.checkpointed),
    })
}

/// Moves as much of the write-ahead log into the database as readers allow, and gives the bytes of it that are moved
/// now; nothing where another process is at it. Nobody waits for it.
pub(in crate::store) fn checkpoint_beside_writers(conn: &mut SqliteConnection) -> Result<Option<u64>, Error> {
    let state: Checkpoint = sql_query("PRAGMA wal_checkpoint(PASSIVE)").get_result(conn)?;
    // Both figures are -1 then.
    Ok((state.checkpointed >= 0).then(|| bytes(state.checkpointed)))
}

fn bytes(pages: i32) -> u64 {
    u64::try_from(pages).unwrap_or(0) * PAGE_SIZE
}

/// Moves the rest and lets the log start over, while writers wait; up to `patience` for readers in the way. Gives
/// whether it could.
pub(in crate::store) fn restart_log(conn: &mut SqliteConnection, patience: Duration) -> Result<bool, Error> {
    start_over(conn, "RESTART", patience)
}

/// As `restart_log`, and gives the log's room back to the disk.
pub(in crate::store) fn truncate_log(conn: &mut SqliteConnection, patience: Duration) -> Result<bool, Error> {
    start_over(conn, "TRUNCATE", patience)
}

fn start_over(conn: &mut SqliteConnection, mode: &str, patience: Duration) -> Result<bool, Error> {
    conn.batch_execute(&format!("PRAGMA busy_timeout = {}", patience.as_millis()))?;
    let state: Checkpoint = sql_query(format!("PRAGMA wal_checkpoint({mode})")).get_result(conn)?;
    Ok(state.busy == 0)
}

pub(super) fn copy_to(conn: &mut SqliteConnection, path: &str) -> Result<(), Error> {
    sql_query("VACUUM INTO ?").bind::<Text, _>(path).execute(conn)?;
    Ok(())
}

pub(super) fn delete_expired(conn: &mut SqliteConnection, before: i64, limit: i64) -> Result<usize, Error> {
    let delete = sql_query(
        "DELETE FROM messages WHERE id IN \
         (SELECT id FROM messages WHERE expires_at < ? ORDER BY expires_at LIMIT ?)",
    );
    Ok(delete
        .bind::<BigInt, _>(before)
        .bind::<BigInt, _>(limit)
        .execute(conn)?)
}

pub(super) fn insert(conn: &mut SqliteConnection, rows: &[&Message]) -> Result<(), Error> {
    for message in rows {
        diesel::insert_into(messages::table)
            .values(NewRow::from(*message))
            .execute(conn)?;
    }
    Ok(())
}

pub(super) fn insert_ingest_keys(conn: &mut SqliteConnection, lines: &[KeyLine]) -> Result<(), Error> {
    for line in lines {
        diesel::insert_into(ingest_keys::table)
            .values(line)
            .execute(conn)?;
    }
    Ok(())
}

/// Tries again while another process holds the lock, for as long as `patience` lasts.
///
/// SQLite's own waiting sleeps for up to a tenth of a second between looks, which starves whoever comes second where
/// another process commits without a pause.
pub(super) fn retry_while_locked(
    patience: Duration,
    mut work: impl FnMut() -> Result<(), Error>,
) -> Result<(), Error> {
    let started = Instant::now();
    loop {
        match work() {
            Err(Error::Unavailable(text))
                if text.contains("database is locked") && started.elapsed() < patience =>
            {
                std::thread::sleep(LOCK_POLL);
            }
            other => return other,
        }
    }
}
