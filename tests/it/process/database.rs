//! The database seen past the program.

use std::path::Path;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Text};

/// A connection of its own to an SQLite file.
pub struct Database(SqliteConnection);

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

#[derive(QueryableByName)]
struct Check {
    #[diesel(sql_type = Text)]
    integrity_check: String,
}

impl Database {
    pub fn open(path: &Path) -> Self {
        let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
        conn.batch_execute("PRAGMA busy_timeout = 10000").unwrap();
        Self(conn)
    }

    /// Runs statements.
    pub fn execute(&mut self, sql: &str) {
        self.0.batch_execute(sql).unwrap();
    }

    /// How many rows there are of a table, which may have a condition.
    pub fn count(&mut self, table: &str) -> usize {
        let counted: Number = sql_query(format!("SELECT count(*) AS number FROM {table}"))
            .get_result(&mut self.0)
            .unwrap();
        usize::try_from(counted.number).unwrap()
    }

    /// SQLite's own look at every page and index.
    #[track_caller]
    pub fn assert_whole(&mut self) {
        let found: Vec<Check> = sql_query("PRAGMA integrity_check").load(&mut self.0).unwrap();
        let found: Vec<&str> = found.iter().map(|line| line.integrity_check.as_str()).collect();
        assert_eq!(found, ["ok"]);
    }
}
