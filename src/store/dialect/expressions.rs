//! Expressions that each database writes in its own way.

use std::borrow::Cow;

use crate::message::time;
use crate::store::connection::Conn;

impl Conn {
    /// The beginning of a condition on a message's id as lowercase hexadecimal digits; the pattern follows.
    pub(in crate::store) fn id_digits(&self) -> &'static str {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => "lower(hex(messages.id)) LIKE ",
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => "encode(messages.id, 'hex') LIKE ",
            #[cfg(feature = "mysql")]
            Self::Mysql(_) => "lower(hex(messages.id)) LIKE ",
        }
    }

    /// The sum of a column of whole numbers, as a whole number.
    pub(in crate::store) fn sum(&self, column: &str) -> String {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => format!("sum({column})"),
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => format!("CAST(sum({column}) AS bigint)"),
            #[cfg(feature = "mysql")]
            Self::Mysql(_) => format!("CAST(sum({column}) AS SIGNED)"),
        }
    }

    /// A column of another program's table as text.
    pub(in crate::store) fn as_text(&self, column: &str) -> String {
        match self {
            #[cfg(feature = "mysql")]
            Self::Mysql(_) => format!("CAST({column} AS CHAR)"),
            #[cfg(any(feature = "sqlite", feature = "postgres"))]
            _ => format!("CAST({column} AS TEXT)"),
        }
    }

    /// A time without zone of another program's table, as `2026-11-21 03:20:24.834285`, the fraction where there is one.
    /// SQLite and MariaDB print it so; PostgreSQL's own form depends on the server's settings.
    pub(in crate::store) fn time_as_text(&self, column: &str) -> String {
        match self {
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => format!("to_char({column}, 'YYYY-MM-DD HH24:MI:SS.US')"),
            #[cfg(any(feature = "sqlite", feature = "mysql"))]
            _ => self.as_text(column),
        }
    }

    /// A time (microseconds since 1970, UTC) as a constant that is compared with such a column.
    pub(in crate::store) fn time_literal(&self, micros: i64) -> String {
        let text = time::format(micros).replace('T', " ");
        match self {
            // SQLAlchemy stores texts of this form.
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => format!("'{text}'"),
            #[cfg(any(feature = "postgres", feature = "mysql"))]
            _ => format!("TIMESTAMP '{text}'"),
        }
    }

    /// The end of a SELECT that locks its rows and passes over those that another transaction has locked: PostgreSQL, MariaDB from
    /// 10.6 on, MySQL from 8.0.1 on. Older ones wait for that transaction. SQLite has one writer.
    pub(in crate::store) fn passing_over_locked(&self) -> &'static str {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => "",
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => " FOR UPDATE SKIP LOCKED",
            #[cfg(feature = "mysql")]
            Self::Mysql(_) => " FOR UPDATE /*M!100600 SKIP LOCKED */ /*!80001 SKIP LOCKED */",
        }
    }

    /// A LIKE pattern in which only `%` and `_` are special. Servers take a backslash for an escape character.
    pub(in crate::store) fn pattern<'a>(&self, pattern: &'a str) -> Cow<'a, str> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => Cow::Borrowed(pattern),
            #[cfg(any(feature = "postgres", feature = "mysql"))]
            _ if pattern.contains('\\') => Cow::Owned(pattern.replace('\\', "\\\\")),
            #[cfg(any(feature = "postgres", feature = "mysql"))]
            _ => Cow::Borrowed(pattern),
        }
    }
}
