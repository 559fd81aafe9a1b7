//! The schema's versions, compiled into the program.

use diesel::migration::{Migration as Step, MigrationSource, MigrationVersion};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::backend::{Backend, Conn};
use super::error::Error;

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");

/// One step of the schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration {
    /// As `2026-11-21-000001_messages`.
    pub name: String,
    /// Whether the database has it.
    pub applied: bool,
}

/// What the database has of the schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema {
    /// This program's migrations, oldest first.
    pub migrations: Vec<Migration>,
    /// Versions that the database has and this program does not know: a newer program made them.
    pub unknown: Vec<String>,
}

impl Schema {
    /// Whether this program can work with the database.
    pub fn is_current(&self) -> bool {
        self.unknown.is_empty() && self.migrations.iter().all(|migration| migration.applied)
    }
}

/// What a failed step of diesel's harness gives.
type Failure = Box<dyn std::error::Error + Send + Sync>;

pub(super) fn schema(conn: &mut Conn) -> Result<Schema, Error> {
    match conn {
        Conn::Sqlite(conn) => compare(conn),
    }
}

/// Refuses a database whose schema is not this program's.
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

/// Runs what is missing, all of it or nothing, under the lock of those who write: of two processes that do it at once
/// the second finds nothing left.
pub(super) fn run(conn: &mut Conn, backend: &Backend) -> Result<Vec<Migration>, Error> {
    conn.begin_write(backend.patience())?;
    let ran = run_locked(conn).and_then(|ran| conn.commit().map(|()| ran));
    if ran.is_err() {
        conn.reset(backend)?;
    }
    ran
}

fn run_locked(conn: &mut Conn) -> Result<Vec<Migration>, Error> {
    let before = schema(conn)?;
    if !before.unknown.is_empty() {
        return check(conn).map(|()| Vec::new());
    }
    match conn {
        Conn::Sqlite(conn) => conn
            .run_pending_migrations(SQLITE)
            .map_err(|error| failed(&error))?,
    };
    Ok(before
        .migrations
        .into_iter()
        .filter(|migration| !migration.applied)
        .collect())
}

/// Undoes the newest step.
pub(super) fn revert(conn: &mut Conn) -> Result<Migration, Error> {
    let newest = schema(conn)?
        .migrations
        .into_iter()
        .rev()
        .find(|migration| migration.applied);
    let newest = newest.ok_or_else(|| Error::Conflict("there is no migration to undo".to_owned()))?;
    match conn {
        Conn::Sqlite(conn) => conn
            .revert_last_migration(SQLITE)
            .map_err(|error| failed(&error))?,
    };
    Ok(Migration {
        applied: false,
        ..newest
    })
}

fn compare<C, DB>(conn: &mut C) -> Result<Schema, Error>
where
    DB: diesel::backend::Backend,
    C: MigrationHarness<DB>,
    EmbeddedMigrations: MigrationSource<DB>,
{
    let applied = conn.applied_migrations().map_err(|error| failed(&error))?;
    let known: Vec<Box<dyn Step<DB>>> = SQLITE.migrations().map_err(|error| failed(&error))?;
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
    // A locked or full database says so in these words, too; see the errors of the store.
    if text.contains("locked") || text.contains("full") {
        Error::Unavailable(text)
    } else {
        Error::Broken(text)
    }
}
