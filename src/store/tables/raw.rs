//! Values as they come from the database: read without allocating them.

use diesel::deserialize;

use crate::store::connection::MultiRawValue;

/// A value as it comes from the database, before any conversion.
pub(super) trait RawValue {
    /// A text.
    fn text(&mut self) -> deserialize::Result<&str>;
    /// Bytes.
    fn bytes(&mut self) -> &[u8];
}

#[cfg(feature = "sqlite")]
impl RawValue for diesel::sqlite::SqliteValue<'_, '_, '_> {
    fn text(&mut self) -> deserialize::Result<&str> {
        Ok(self.read_text())
    }

    fn bytes(&mut self) -> &[u8] {
        self.read_blob()
    }
}

/// The values of servers are bytes.
#[cfg(any(feature = "postgres", feature = "mysql"))]
macro_rules! raw_bytes {
    ($Value:ty) => {
        impl RawValue for $Value {
            fn text(&mut self) -> deserialize::Result<&str> {
                Ok(std::str::from_utf8(self.as_bytes())?)
            }

            fn bytes(&mut self) -> &[u8] {
                self.as_bytes()
            }
        }
    };
}

#[cfg(feature = "postgres")]
raw_bytes!(diesel::pg::PgValue<'_>);
#[cfg(feature = "mysql")]
raw_bytes!(diesel::mysql::MysqlValue<'_>);

/// Evaluates the same expression for a value of any database.
macro_rules! with_value {
    ($value:expr, $name:ident => $work:expr) => {
        match $value {
            #[cfg(feature = "sqlite")]
            MultiRawValue::Sqlite($name) => $work,
            #[cfg(feature = "postgres")]
            MultiRawValue::Postgres($name) => $work,
            #[cfg(feature = "mysql")]
            MultiRawValue::Mysql($name) => $work,
        }
    };
}

impl RawValue for MultiRawValue<'_> {
    fn text(&mut self) -> deserialize::Result<&str> {
        with_value!(self, value => value.text())
    }

    fn bytes(&mut self) -> &[u8] {
        with_value!(self, value => value.bytes())
    }
}
