//! Inserting rows, which each database does fastest in a way of its own.

use diesel::prelude::*;

#[cfg(feature = "mysql")]
use super::mysql;
#[cfg(feature = "postgres")]
use super::postgres;
#[cfg(feature = "sqlite")]
use super::sqlite;
use crate::message::Message;
use crate::store::backend::Conn;
#[cfg(any(feature = "postgres", feature = "mysql"))]
use crate::store::backend::with_each;
use crate::store::error::Error;
use crate::store::event::{NewKept, NewSent};
#[cfg(any(feature = "postgres", feature = "mysql"))]
use crate::store::idempotency::Line;
use crate::store::ingest::KeyLine;
use crate::store::read_state::{FirstTurn, Mark, Watermark};
use crate::store::schema::{events, late_turns, outbox, read_marks, read_watermarks};
#[cfg(any(feature = "postgres", feature = "mysql"))]
use crate::store::schema::{idempotency_keys, ingest_keys};

/// Inserts those rows whose key is not there yet.
macro_rules! insert_new {
    ($conn:expr, $table:expr, $rows:expr) => {{
        match $conn {
            #[cfg(feature = "sqlite")]
            Conn::Sqlite(conn) => diesel::insert_or_ignore_into($table)
                .values($rows)
                .execute(conn)?,
            #[cfg(feature = "postgres")]
            Conn::Postgres(conn) => diesel::insert_into($table)
                .values($rows)
                .on_conflict_do_nothing()
                .execute(conn)?,
            #[cfg(feature = "mysql")]
            Conn::Mysql(conn) => diesel::insert_or_ignore_into($table)
                .values($rows)
                .execute(conn)?,
        };
        Ok(())
    }};
}

#[allow(
    clippy::unnecessary_wraps,
    reason = "which of them can fail depends on the databases built in"
)]
impl Conn {
    /// Inserts messages: on SQLite one by one, which is fastest there, on the others in one statement.
    pub(in crate::store) fn insert_messages(&mut self, rows: &[&Message]) -> Result<(), Error> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(conn) => sqlite::insert(conn, rows),
            #[cfg(feature = "postgres")]
            Self::Postgres(conn) => postgres::insert(conn, rows),
            #[cfg(feature = "mysql")]
            Self::Mysql(conn) => mysql::insert(conn, rows),
        }
    }

    /// Inserts idempotency keys in one statement.
    #[cfg(any(feature = "postgres", feature = "mysql"))]
    pub(in crate::store) fn insert_keys(&mut self, lines: &[Line]) -> Result<(), Error> {
        with_each!(self, conn => {
            diesel::insert_into(idempotency_keys::table).values(lines).execute(conn)?;
        });
        Ok(())
    }

    /// Inserts events on their way: on SQLite one by one, so that the statement is prepared once, on the others together.
    pub(in crate::store) fn insert_sent(&mut self, rows: Vec<NewSent<'_>>) -> Result<(), Error> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(conn) => {
                for row in rows {
                    diesel::insert_into(outbox::table).values(row).execute(conn)?;
                }
            }
            #[cfg(feature = "postgres")]
            Self::Postgres(conn) => {
                diesel::insert_into(outbox::table).values(rows).execute(conn)?;
            }
            #[cfg(feature = "mysql")]
            Self::Mysql(conn) => {
                diesel::insert_into(outbox::table).values(rows).execute(conn)?;
            }
        }
        Ok(())
    }

    /// Inserts events to keep, as `insert_sent` does.
    pub(in crate::store) fn insert_kept(&mut self, rows: Vec<NewKept<'_>>) -> Result<(), Error> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(conn) => {
                for row in rows {
                    diesel::insert_into(events::table).values(row).execute(conn)?;
                }
            }
            #[cfg(feature = "postgres")]
            Self::Postgres(conn) => {
                diesel::insert_into(events::table).values(rows).execute(conn)?;
            }
            #[cfg(feature = "mysql")]
            Self::Mysql(conn) => {
                diesel::insert_into(events::table).values(rows).execute(conn)?;
            }
        }
        Ok(())
    }

    /// Inserts keys of notifications: on SQLite one by one, which is fastest there, on the others in one statement.
    pub(in crate::store) fn insert_ingest_keys(&mut self, lines: &[KeyLine]) -> Result<(), Error> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(conn) => sqlite::insert_ingest_keys(conn, lines),
            #[cfg(feature = "postgres")]
            Self::Postgres(conn) => {
                diesel::insert_into(ingest_keys::table)
                    .values(lines)
                    .execute(conn)?;
                Ok(())
            }
            #[cfg(feature = "mysql")]
            Self::Mysql(conn) => {
                diesel::insert_into(ingest_keys::table)
                    .values(lines)
                    .execute(conn)?;
                Ok(())
            }
        }
    }

    /// Inserts the marks of messages that are not marked yet.
    pub(in crate::store) fn insert_marks(&mut self, marks: &[Mark]) -> Result<(), Error> {
        insert_new!(self, read_marks::table, marks)
    }

    /// Inserts a reader's watermark, unless there is one.
    pub(in crate::store) fn insert_watermark(&mut self, watermark: &Watermark<'_>) -> Result<(), Error> {
        insert_new!(self, read_watermarks::table, watermark)
    }

    /// Inserts the row that counts late arrivals, unless it is there.
    pub(in crate::store) fn insert_first_turn(&mut self, first: FirstTurn) -> Result<(), Error> {
        insert_new!(self, late_turns::table, first)
    }
}
