//! Direct access to a database.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Text};

use super::wait::wait_for;

/// The longest wait for a lock, so that no test can block a run.
#[cfg(feature = "postgres")]
const PATIENCE_OF_POSTGRES: &str = "SET lock_timeout = '60s'; SET statement_timeout = '60s'";
#[cfg(feature = "mysql")]
const PATIENCE_OF_MARIADB: &str =
    "SET SESSION lock_wait_timeout = 60, SESSION innodb_lock_wait_timeout = 60, SESSION autocommit = 1";

/// A separate connection with all rights.
pub struct Database(Admin);

#[derive(diesel::MultiConnection)]
enum Admin {
    Sqlite(SqliteConnection),
    #[cfg(feature = "postgres")]
    Postgres(PgConnection),
    #[cfg(feature = "mysql")]
    Mysql(MysqlConnection),
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

#[cfg(feature = "mysql")]
#[derive(QueryableByName)]
struct Words {
    #[diesel(sql_type = Text)]
    words: String,
}

#[derive(QueryableByName)]
struct Check {
    #[diesel(sql_type = Text)]
    integrity_check: String,
}

impl Database {
    /// Opens the database of a URL in an operator's form.
    pub fn open(url: &str) -> Self {
        Self::try_open(url).unwrap()
    }

    pub fn try_open(url: &str) -> ConnectionResult<Self> {
        let (scheme, rest) = url.split_once("://").unwrap();
        Ok(Self(match scheme {
            "sqlite" => {
                let mut conn = SqliteConnection::establish(rest.strip_prefix('/').unwrap())?;
                conn.batch_execute("PRAGMA busy_timeout = 10000").unwrap();
                Admin::Sqlite(conn)
            }
            #[cfg(feature = "postgres")]
            "postgresql" => {
                let mut conn = PgConnection::establish(url)?;
                conn.batch_execute(PATIENCE_OF_POSTGRES).unwrap();
                Admin::Postgres(conn)
            }
            #[cfg(feature = "mysql")]
            "mysql" => {
                let mut conn = MysqlConnection::establish(url)?;
                conn.batch_execute(PATIENCE_OF_MARIADB).unwrap();
                Admin::Mysql(conn)
            }
            other => panic!("this build has no {other}"),
        }))
    }

    /// Runs statements.
    pub fn execute(&mut self, sql: &str) {
        self.try_execute(sql).unwrap();
    }

    pub fn try_execute(&mut self, sql: &str) -> QueryResult<()> {
        self.0.batch_execute(sql)
    }

    /// Returns the single number that a query yields.
    pub fn number(&mut self, sql: &str) -> i64 {
        let found: Number = sql_query(format!("SELECT ({sql}) AS number"))
            .get_result(&mut self.0)
            .unwrap();
        found.number
    }

    /// Returns the single text that a query yields.
    #[cfg(feature = "mysql")]
    pub fn text(&mut self, sql: &str) -> String {
        let found: Words = sql_query(format!("SELECT CAST(({sql}) AS CHAR) AS words"))
            .get_result(&mut self.0)
            .unwrap();
        found.words
    }

    /// Counts the rows of a table; the name may be followed by a condition.
    pub fn count(&mut self, table: &str) -> usize {
        self.try_count(table).unwrap()
    }

    pub fn try_count(&mut self, table: &str) -> QueryResult<usize> {
        let found: Number =
            sql_query(format!("SELECT count(*) AS number FROM {table}")).get_result(&mut self.0)?;
        Ok(usize::try_from(found.number).unwrap())
    }

    /// Blocks all other writers of messages and events until [`unlock`](Self::unlock).
    pub fn lock(&mut self) {
        self.execute(match self.0 {
            Admin::Sqlite(_) => "BEGIN IMMEDIATE",
            #[cfg(feature = "postgres")]
            Admin::Postgres(_) => "BEGIN; LOCK TABLE messages, events, pending_events, deliveries, outbox",
            #[cfg(feature = "mysql")]
            Admin::Mysql(_) => "LOCK TABLES messages WRITE, events WRITE, pending_events WRITE, deliveries WRITE, outbox WRITE",
        });
    }

    pub fn unlock(&mut self) {
        self.execute(match self.0 {
            Admin::Sqlite(_) => "COMMIT",
            #[cfg(feature = "postgres")]
            Admin::Postgres(_) => "COMMIT",
            #[cfg(feature = "mysql")]
            Admin::Mysql(_) => "UNLOCK TABLES",
        });
    }

    /// Waits for the end of all other connections: a database server finishes the transaction whose commit it has received, even
    /// if the client was killed.
    #[track_caller]
    pub fn wait_for_others(&mut self) {
        let others: Option<&str> = match self.0 {
            Admin::Sqlite(_) => None,
            #[cfg(feature = "postgres")]
            Admin::Postgres(_) => Some(
                "pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend' \
                 AND pid <> pg_backend_pid()",
            ),
            #[cfg(feature = "mysql")]
            Admin::Mysql(_) => {
                Some("information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()")
            }
        };
        if let Some(others) = others {
            wait_for("the end of the others", || {
                (self.count(others) == 0).then_some(())
            });
        }
    }

    /// Runs SQLite's check of every page and index. Servers check their pages themselves.
    #[track_caller]
    pub fn assert_whole(&mut self) {
        match &mut self.0 {
            Admin::Sqlite(conn) => {
                let found: Vec<Check> = sql_query("PRAGMA integrity_check").load(conn).unwrap();
                let found: Vec<&str> = found.iter().map(|line| line.integrity_check.as_str()).collect();
                assert_eq!(found, ["ok"]);
            }
            #[cfg(any(feature = "postgres", feature = "mysql"))]
            _ => {}
        }
    }
}
