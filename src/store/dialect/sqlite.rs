//! SQLite: the embedded database.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::Text;

use crate::store::connection::Purpose;
use crate::store::error::Error;

/// The time between two attempts to take the write lock.
const LOCK_POLL: Duration = Duration::from_micros(500);

pub(in crate::store) fn connect(
    path: &Path,
    busy_timeout: Duration,
    purpose: Purpose,
) -> Result<SqliteConnection, Error> {
    // SQLite would create an empty database at a wrong path.
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
    // Switching to the write-ahead log does not wait for other processes by itself.
    retry_while_locked(busy_timeout, || Ok(conn.batch_execute(&settings)?))?;
    Ok(conn)
}

/// Creates the file, unless it exists, readable by its owner alone: SQLite would leave that to the umask. The log and its index
/// get the mode of the file. If it cannot be created, SQLite reports the error.
fn make_private(path: &Path) {
    let _ = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
}

/// synchronous=FULL: a commit is on the disk before its caller is answered. LIKE is case-sensitive, as on the servers.
fn settings(purpose: Purpose, busy_timeout: Duration) -> String {
    let mut settings = format!(
        "PRAGMA busy_timeout = {}; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY; \
         PRAGMA case_sensitive_like = ON; PRAGMA cache_size = -{}; PRAGMA trusted_schema = OFF;",
        busy_timeout.as_millis(),
        cache_size(purpose),
    );
    match purpose {
        // The writer waits for locks by itself, so SQLite's own waiting is off once the journal mode is set. Its checkpoints are
        // off as well, as they have a thread of their own.
        Purpose::Write => settings
            .push_str("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; PRAGMA busy_timeout = 0;"),
        Purpose::Checkpoint => settings.push_str("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0;"),
        Purpose::Migrate => settings.push_str("PRAGMA journal_mode = WAL;"),
        Purpose::Look => {}
        Purpose::Read(_) | Purpose::Foreign => settings.push_str("PRAGMA query_only = ON;"),
    }
    settings
}

/// The page cache of a connection, in kilobytes. The writer changes the same pages again and again and would otherwise read
/// them back from the log.
fn cache_size(purpose: Purpose) -> u32 {
    match purpose {
        Purpose::Write => 32_000,
        _ => 16_000,
    }
}

/// Refuses an SQLite that was built without the options that the store's speed and safety depend on.
pub(super) fn check_build(conn: &mut SqliteConnection) -> Result<(), Error> {
    let options: Vec<String> = sql::<Text>("PRAGMA compile_options").load(conn)?;
    if options.iter().any(|option| option == "ENABLE_QPSG") {
        return Ok(());
    }
    Err(Error::Broken(
        "this program is linked with an SQLite that was compiled without SQLITE_ENABLE_QPSG".to_owned(),
    ))
}

pub(super) fn copy_to(conn: &mut SqliteConnection, path: &str) -> Result<(), Error> {
    sql_query("VACUUM INTO ?").bind::<Text, _>(path).execute(conn)?;
    Ok(())
}

/// Retries for up to `patience` while another process holds the lock.
///
/// SQLite's own waiting sleeps for up to a tenth of a second between attempts, which starves this process if another one
/// commits without a pause.
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
