//! What a table needs to be copied.

use std::hash::Hash;

use super::checksum::digits;
use crate::store::connection::Conn;
use crate::store::error::Error;
use crate::store::transaction::Tx;

/// Rows of a table, whose keys sort as the database sorts them: by bytes and numbers.
pub(super) trait Table: Hash + PartialEq + Send + Sized + 'static {
    /// The table's name.
    const NAME: &'static str;

    /// Whether rows are updated in place in normal operation, so that the source's row replaces one that was copied before.
    const CHANGES_IN_PLACE: bool = false;

    /// The columns of the primary key.
    type Key: Clone + Ord + Send + 'static;

    /// A key before all others.
    const FIRST: Self::Key;

    /// The next `limit` rows after a key, in the order of keys; without those that have expired at `now`, where rows expire
    /// by themselves.
    fn page(conn: &mut Conn, after: &Self::Key, now: i64, limit: i64) -> Result<Vec<Self>, Error>;

    fn key(&self) -> Self::Key;

    /// The key for people.
    fn shown(&self) -> String;

    /// Inserts rows that are not there yet.
    fn insert(tx: &mut Tx<'_>, rows: &[Self]) -> Result<(), Error>;

    /// Deletes the rows with these keys.
    fn delete(tx: &mut Tx<'_>, keys: &[Self::Key]) -> Result<(), Error>;
}

/// Implements [`Table`] for rows with a key of one binary column. With `expires`, expired rows are not copied and rows change
/// in place; with `changes` they only change in place. `select` is for rows that are not simply the columns of the table.
macro_rules! keyed_by_bytes {
    ($Row:ty, $table:ident . $key:ident, $id:expr $(, expires $expires_at:ident)? $(, changes $in_place:literal)? $(, select $select:expr)?) => {
        impl Table for $Row {
            const NAME: &'static str = stringify!($table);
            $(const CHANGES_IN_PLACE: bool = stringify!($expires_at).len() > 0;)?
            $(const CHANGES_IN_PLACE: bool = $in_place;)?

            type Key = Vec<u8>;

            const FIRST: Vec<u8> = Vec::new();

            fn page(conn: &mut Conn, after: &Vec<u8>, now: i64, limit: i64) -> Result<Vec<Self>, Error> {
                let _ = now;
                Ok($table::table
                    $(.select($select))?
                    .filter($table::$key.gt(after))
                    $(.filter($table::$expires_at.gt(now)))?
                    .order($table::$key)
                    .limit(limit)
                    .load(conn)?)
            }

            fn key(&self) -> Vec<u8> {
                let id: fn(&Self) -> &[u8] = $id;
                id(self).to_vec()
            }

            fn shown(&self) -> String {
                digits(&self.key())
            }

            fn insert(tx: &mut Tx<'_>, rows: &[Self]) -> Result<(), Error> {
                // An expired row of the target, or one that an earlier attempt has inserted.
                Self::delete(tx, &rows.iter().map(Self::key).collect::<Vec<_>>())?;
                for row in rows {
                    let row = row.clone();
                    with_each!(tx.conn(), conn => diesel::insert_into($table::table).values(row).execute(conn)?);
                }
                Ok(())
            }

            fn delete(tx: &mut Tx<'_>, keys: &[Vec<u8>]) -> Result<(), Error> {
                diesel::delete($table::table.filter($table::$key.eq_any(keys))).execute(tx.conn())?;
                Ok(())
            }
        }
    };
}
pub(super) use keyed_by_bytes;

/// A column of a key.
pub(super) trait Part: Clone + Ord + Send + 'static {
    /// A value before all others.
    const FIRST: Self;

    /// The value for people.
    fn shown(&self) -> String;
}

impl Part for String {
    const FIRST: Self = Self::new();

    fn shown(&self) -> String {
        self.clone()
    }
}

macro_rules! numbers {
    ($($number:ty),+) => {$(
        impl Part for $number {
            const FIRST: Self = Self::MIN;

            fn shown(&self) -> String {
                self.to_string()
            }
        }
    )+};
}

numbers!(i16, i32, i64);

impl Part for Vec<u8> {
    const FIRST: Self = Self::new();

    fn shown(&self) -> String {
        digits(self)
    }
}

/// Implements [`Table`] for rows with a key of several columns, each with its type; the expression returns the key of a row.
/// `insert` is for rows that are inserted otherwise than one by one.
macro_rules! keyed_by_columns {
    ($Row:ty, $table:ident ($($column:ident: $Part:ty),+), |$row:ident| $key:expr, $select:expr, changes $in_place:literal $(, insert $insert:expr)?) => {
        impl Table for $Row {
            const NAME: &'static str = stringify!($table);
            const CHANGES_IN_PLACE: bool = $in_place;

            type Key = ($($Part,)+);

            const FIRST: Self::Key = ($(<$Part as Part>::FIRST,)+);

            fn page(conn: &mut Conn, ($($column,)+): &Self::Key, _: i64, limit: i64) -> Result<Vec<Self>, Error> {
                let select = || $table::table.select($select).order(($($table::$column,)+));
                keyed_by_columns!(@after $table, select, conn, limit, $($column),+)
            }

            fn key(&self) -> Self::Key {
                let $row = self;
                $key
            }

            fn shown(&self) -> String {
                let ($($column,)+) = self.key();
                [$($column.shown()),+].join(" ")
            }

            fn insert(tx: &mut Tx<'_>, rows: &[Self]) -> Result<(), Error> {
                keyed_by_columns!(@insert $table, tx, rows $(, $insert)?)
            }

            fn delete(tx: &mut Tx<'_>, keys: &[Self::Key]) -> Result<(), Error> {
                for ($($column,)+) in keys {
                    let row = $table::table$(.filter($table::$column.eq($column)))+;
                    diesel::delete(row).execute(tx.conn())?;
                }
                Ok(())
            }
        }
    };
    (@insert $table:ident, $tx:ident, $rows:ident) => {{
        for row in $rows {
            let row = row.clone();
            with_each!($tx.conn(), conn => diesel::insert_into($table::table).values(row).execute(conn)?);
        }
        Ok(())
    }};
    (@insert $table:ident, $tx:ident, $rows:ident, $insert:expr) => {
        $insert($tx.conn(), $rows)
    };
    (@after $table:ident, $select:ident, $conn:ident, $limit:ident, $a:ident) => {
        Ok($select().filter($table::$a.gt($a)).limit($limit).load::<Self>($conn)?)
    };
    (@after $table:ident, $select:ident, $conn:ident, $limit:ident, $a:ident, $b:ident) => {
        first_of!(
            $conn,
            $limit,
            $select().filter($table::$a.eq($a)).filter($table::$b.gt($b)),
            $select().filter($table::$a.gt($a)),
        )
    };
    (@after $table:ident, $select:ident, $conn:ident, $limit:ident, $a:ident, $b:ident, $c:ident) => {
        first_of!(
            $conn,
            $limit,
            $select().filter($table::$a.eq($a)).filter($table::$b.eq($b)).filter($table::$c.gt($c)),
            $select().filter($table::$a.eq($a)).filter($table::$b.gt($b)),
            $select().filter($table::$a.gt($a)),
        )
    };
    (@after $table:ident, $select:ident, $conn:ident, $limit:ident, $a:ident, $b:ident, $c:ident, $d:ident) => {
        first_of!(
            $conn,
            $limit,
            $select()
                .filter($table::$a.eq($a))
                .filter($table::$b.eq($b))
                .filter($table::$c.eq($c))
                .filter($table::$d.gt($d)),
            $select().filter($table::$a.eq($a)).filter($table::$b.eq($b)).filter($table::$c.gt($c)),
            $select().filter($table::$a.eq($a)).filter($table::$b.gt($b)),
            $select().filter($table::$a.gt($a)),
        )
    };
    (@after $table:ident, $select:ident, $conn:ident, $limit:ident, $a:ident, $b:ident, $c:ident, $d:ident, $e:ident) => {
        first_of!(
            $conn,
            $limit,
            $select()
                .filter($table::$a.eq($a))
                .filter($table::$b.eq($b))
                .filter($table::$c.eq($c))
                .filter($table::$d.eq($d))
                .filter($table::$e.gt($e)),
            $select()
                .filter($table::$a.eq($a))
                .filter($table::$b.eq($b))
                .filter($table::$c.eq($c))
                .filter($table::$d.gt($d)),
            $select().filter($table::$a.eq($a)).filter($table::$b.eq($b)).filter($table::$c.gt($c)),
            $select().filter($table::$a.eq($a)).filter($table::$b.gt($b)),
            $select().filter($table::$a.gt($a)),
        )
    };
}
pub(super) use keyed_by_columns;

/// Loads the first `limit` rows of several statements, one after the other: each is an index seek, whereas one statement for
/// all columns of a key would scan the index from its beginning.
macro_rules! first_of {
    ($conn:expr, $limit:expr, $($statement:expr),+ $(,)?) => {{
        let mut rows = Vec::new();
        $(
            let left = $limit - i64::try_from(rows.len()).unwrap_or($limit);
            if left > 0 {
                rows.extend($statement.limit(left).load::<Self>($conn)?);
            }
        )+
        Ok(rows)
    }};
}
pub(super) use first_of;
