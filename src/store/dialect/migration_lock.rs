//! The exclusive right to change the schema.

use std::time::Duration;
#[cfg(any(feature = "postgres", feature = "mysql"))]
use std::time::Instant;

#[cfg(feature = "postgres")]
use diesel::connection::SimpleConnection;

#[cfg(feature = "mysql")]
use super::mysql;
#[cfg(feature = "postgres")]
use super::postgres;
use crate::store::connection::Conn;
use crate::store::error::Error;

/// The longest wait for another host's migration, and the error afterwards.
#[cfg(any(feature = "postgres", feature = "mysql"))]
const LONGEST_WAIT: Duration = Duration::from_secs(120);
#[cfg(any(feature = "postgres", feature = "mysql"))]
const MIGRATING: &str = "another host is migrating";

/// The right to change the schema, with the holder where a row names it.
pub(in crate::store) struct MigrationLock(
    #[cfg_attr(not(feature = "mysql"), expect(dead_code))] Option<String>,
);

#[allow(
    clippy::unnecessary_wraps,
    reason = "it depends on the databases that are built in"
)]
impl Conn {
    /// Waits until no other process changes the schema and keeps others out until `unlock_migration`.
    pub(in crate::store) fn lock_migration(
        &mut self,
        lock_timeout: Duration,
    ) -> Result<MigrationLock, Error> {
        let _ = lock_timeout;
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => self.begin_write(lock_timeout).map(|()| MigrationLock(None)),
            #[cfg(feature = "postgres")]
            Self::Postgres(conn) => {
                wait(MIGRATING, || postgres::try_lock_migration(conn))?;
                // A step may wait for those that use the table.
                conn.batch_execute("SET lock_timeout = 0")?;
                Ok(MigrationLock(None))
            }
            #[cfg(feature = "mysql")]
            Self::Mysql(conn) => {
                let holder = uuid::Uuid::new_v4().simple().to_string();
                let refusal = format!("{MIGRATING}; {}", mysql::STOPPED);
                wait(&refusal, || mysql::try_lock_migration(conn, &holder))?;
                Ok(MigrationLock(Some(holder)))
            }
        }
    }

    /// Releases the lock. PostgreSQL's ends with the connection.
    pub(in crate::store) fn unlock_migration(&mut self, lock: &MigrationLock) -> Result<(), Error> {
        let _ = lock;
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => self.commit(),
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => Ok(()),
            #[cfg(feature = "mysql")]
            Self::Mysql(conn) => mysql::unlock_migration(conn, lock.0.as_deref().unwrap_or_default()),
        }
    }
}

/// Tries to take the lock until that succeeds or takes too long.
#[cfg(any(feature = "postgres", feature = "mysql"))]
fn wait(refusal: &str, mut attempt: impl FnMut() -> Result<bool, Error>) -> Result<(), Error> {
    let started = Instant::now();
    loop {
        match attempt() {
            Ok(true) => return Ok(()),
            Ok(false) | Err(Error::Busy(_)) if started.elapsed() < LONGEST_WAIT => {
                std::thread::sleep(Duration::from_millis(100));
            }
            Ok(false) => return Err(Error::Busy(refusal.to_owned())),
            Err(error) => return Err(error),
        }
    }
}
