//! The schema's versions, compiled into the program.

use diesel::dsl::sql;
use diesel::migration::{Migration as Step, MigrationSource, MigrationVersion};
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::backend::Backend;
use super::connection::Conn;
use super::error::Error;

// The same names everywhere, in each database's own SQL.
#[cfg(feature = "mysql")]
const MYSQL: EmbeddedMigrations = embed_migrations!("migrations/mysql");
#[cfg(feature = "postgres")]
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgresql");
#[cfg(feature = "sqlite")]
const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");

/// Evaluates the same expression with each kind of connection and its migrations.
macro_rules! with_steps {
    ($conn:expr, ($name:ident, $steps:ident) => $work:expr) => {
        match $conn {
            #[cfg(feature = "sqlite")]
            Conn::Sqlite($name) => {
                let $steps = SQLITE;
                $work
            }
            #[cfg(feature = "postgres")]
            Conn::Postgres($name) => {
                let $steps = POSTGRES;
                $work
            }
            #[cfg(feature = "mysql")]
            Conn::Mysql($name) => {
                let $steps = MYSQL;
                $work
            }
        }
    };
}

/// One step of the schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration {
    /// As `2026-11-21-000001_messages`.
    pub name: String,
    /// Whether the database has it.
    pub applied: bool,
}

/// The state of a database's schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema {
    /// This program's migrations, oldest first.
    pub migrations: Vec<Migration>,
    /// Versions that the database has and this program does not know: those of a newer program.
    pub unknown: Vec<String>,
}

impl Schema {
    /// Whether this program can work with the database.
    pub fn is_current(&self) -> bool {
        self.unknown.is_empty() && self.migrations.iter().all(|migration| migration.applied)
    }
}

/// The error of a failed step of diesel's harness.
type Failure = Box<dyn std::error::Error + Send + Sync>;

pub(super) fn schema(conn: &mut Conn) -> Result<Schema, Error> {
    let applied = applied(conn)?;
    match conn {
        #[cfg(feature = "sqlite")]
        Conn::Sqlite(_) => compare::<diesel::sqlite::Sqlite>(&applied, &SQLITE),
        #[cfg(feature = "postgres")]
        Conn::Postgres(_) => compare::<diesel::pg::Pg>(&applied, &POSTGRES),
        #[cfg(feature = "mysql")]
        Conn::Mysql(_) => compare::<diesel::mysql::Mysql>(&applied, &MYSQL),
    }
}

/// The versions that the database has. diesel's own function would create its table if there is none, which needs rights that
/// a server's user may lack, and on Galera stops the cluster for a moment.
fn applied(conn: &mut Conn) -> Result<Vec<MigrationVersion<'static>>, Error> {
    let found = sql::<Text>("SELECT version FROM __diesel_schema_migrations").load::<String>(conn);
    match found.map_err(Error::from) {
        Ok(found) => Ok(found.into_iter().map(MigrationVersion::from).collect()),
        Err(Error::Broken(text)) if NO_TABLE.iter().any(|words| text.contains(words)) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Parts of the errors for a missing table.
const NO_TABLE: [&str; 3] = ["no such table", "does not exist", "doesn't exist"];

/// Rejects a database whose schema is not this program's.
pub(super) fn check(conn: &mut Conn) -> Result<(), Error> {
    let schema = schema(conn)?;
    if !schema.unknown.is_empty() {
        let unknown = schema.unknown.join(", ");
        return Err(Error::Conflict(format!(
            "the schema is newer than this program (it has {unknown})"
        )));
    }
    if !schema.is_current() {
        return Err(Error::Conflict(
            "the schema is not up to date; run `tidings db migrate`".to_owned(),
        ));
    }
    Ok(())
}

/// Runs the missing steps while all other hosts are locked out: of two that migrate at once, the second finds nothing to do. On
/// SQLite and PostgreSQL a failed step is rolled back; MariaDB's steps can be repeated.
pub(super) fn run(conn: &mut Conn, backend: &Backend) -> Result<Vec<Migration>, Error> {
    let lock = conn.lock_migration(backend.lock_timeout())?;
    let ran = run_locked(conn);
    if ran.is_err() && backend.is_embedded() {
        backend.reset(conn)?;
        return ran;
    }
    // The error of a failed step matters more than that of the lock.
    let unlocked = conn.unlock_migration(&lock);
    ran.and_then(|done| unlocked.map(|()| done))
}

fn run_locked(conn: &mut Conn) -> Result<Vec<Migration>, Error> {
    let before = schema(conn)?;
    if !before.unknown.is_empty() {
        return check(conn).map(|()| Vec::new());
    }
    with_steps!(conn, (conn, steps) => {
        conn.run_pending_migrations(steps).map_err(|error| failed(&error))?;
    });
    Ok(before
        .migrations
        .into_iter()
        .filter(|migration| !migration.applied)
        .collect())
}

/// Reverts the newest step.
pub(super) fn revert(conn: &mut Conn) -> Result<Migration, Error> {
    let newest = schema(conn)?
        .migrations
        .into_iter()
        .rev()
        .find(|migration| migration.applied);
    let newest = newest.ok_or_else(|| Error::Conflict("there is no migration to revert".to_owned()))?;
    with_steps!(conn, (conn, steps) => {
        conn.revert_last_migration(steps).map_err(|error| failed(&error))?;
    });
    Ok(Migration {
        applied: false,
        ..newest
    })
}

fn compare<DB>(applied: &[MigrationVersion<'static>], steps: &EmbeddedMigrations) -> Result<Schema, Error>
where
    DB: diesel::backend::Backend,
    EmbeddedMigrations: MigrationSource<DB>,
{
    let known: Vec<Box<dyn Step<DB>>> = steps.migrations().map_err(|error| failed(&error))?;
    let mut migrations: Vec<Migration> = known
        .iter()
        .map(|step| Migration {
            name: step.name().to_string(),
            applied: applied.contains(&step.name().version()),
        })
        .collect();
    migrations.sort_by(|a, b| a.name.cmp(&b.name));
    let is_known =
        |version: &MigrationVersion<'_>| known.iter().any(|step| step.name().version() == *version);
    let unknown = applied
        .iter()
        .filter(|version| !is_known(version))
        .map(ToString::to_string)
        .collect();
    Ok(Schema { migrations, unknown })
}

fn failed(error: &Failure) -> Error {
    let text = error.to_string();
    // As in `Error::from`, the text decides.
    if text.contains("locked") || text.contains("full") || text.contains("WSREP has not yet prepared node") {
        Error::Unavailable(text)
    } else {
        Error::Broken(text)
    }
}
