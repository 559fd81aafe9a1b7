//! Reading notifications, of which a page has a thousand: names and ids are parsed where they are, without allocating them.

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::row::{Field, Row};
use diesel::sql_types::{BigInt, Binary, Integer, Nullable, Text};
use uuid::Uuid;

use crate::failure::{FailureNotification, ListedNotification, NotificationType, Status, Term, Turn};
use crate::store::connection::MultiBackend;
use crate::store::error::Error;
use crate::store::schema::failure_notifications;
use crate::store::tables::raw::RawValue;

/// A notification read from all columns of its table. One that cannot be read does not spoil the others of a statement.
pub(super) struct Loaded(pub(super) Result<FailureNotification, Error>);

fn read<'a, DB>(row: &impl Row<'a, DB>) -> deserialize::Result<FailureNotification>
where
    DB: Backend,
    for<'r> DB::RawValue<'r>: RawValue,
    i64: FromSql<BigInt, DB>,
    i32: FromSql<Integer, DB>,
{
    let number = |index: usize| row.get_value::<BigInt, i64, _>(index);
    let time = |index: usize| row.get_value::<Nullable<BigInt>, Option<i64>, _>(index);
    Ok(FailureNotification {
        id: number(0)?,
        uuid: some(with(row, 1, uuid)?)?,
        created_at: number(2)?,
        updated_at: time(3)?,
        generated_time: number(4)?,
        source_host_uuid: some(with(row, 5, uuid)?)?,
        segment_uuid: with(row, 6, uuid)?,
        kind: some(with(row, 7, |value| {
            named(value, "type", NotificationType::from_name)
        })?)?,
        payload: some(with(row, 8, text)?)?,
        fingerprint: some(with(row, 9, |value| Ok(value.bytes().to_vec()))?)?,
        status: some(with(row, 10, |value| named(value, "status", Status::from_name))?)?,
        message: with(row, 11, text)?,
        turn: with(row, 12, |value| named(value, "turn", Turn::from_name))?,
        due: time(13)?,
        engine: with(row, 14, text)?,
        term: Term(number(15)?),
        lease_until: time(16)?,
        leased_host: with(row, 17, uuid)?,
        retries: row.get_value::<Integer, i32, _>(18)?,
        tenants: with(row, 19, text)?,
    })
}

/// What lists show of one.
pub(super) struct Listed(pub(super) Result<ListedNotification, Error>);

/// The columns of [`Listed`].
pub(super) type ListedColumns = (
    failure_notifications::id,
    failure_notifications::uuid,
    failure_notifications::created_at,
    failure_notifications::updated_at,
    failure_notifications::generated_time,
    failure_notifications::source_host_uuid,
    failure_notifications::segment_uuid,
    failure_notifications::kind,
    failure_notifications::payload,
    failure_notifications::status,
    failure_notifications::message,
);

pub(super) fn listed_columns() -> ListedColumns {
    ListedColumns::default()
}

type ListedTypes = (
    BigInt,
    Binary,
    BigInt,
    Nullable<BigInt>,
    BigInt,
    Binary,
    Nullable<Binary>,
    Text,
    Text,
    Text,
    Nullable<Text>,
);

fn read_listed<'a, DB>(row: &impl Row<'a, DB>) -> deserialize::Result<ListedNotification>
where
    DB: Backend,
    for<'r> DB::RawValue<'r>: RawValue,
    i64: FromSql<BigInt, DB>,
{
    let number = |index: usize| row.get_value::<BigInt, i64, _>(index);
    Ok(ListedNotification {
        id: number(0)?,
        uuid: some(with(row, 1, uuid)?)?,
        created_at: number(2)?,
        updated_at: row.get_value::<Nullable<BigInt>, Option<i64>, _>(3)?,
        generated_time: number(4)?,
        source_host_uuid: some(with(row, 5, uuid)?)?,
        segment_uuid: with(row, 6, uuid)?,
        kind: some(with(row, 7, |value| {
            named(value, "type", NotificationType::from_name)
        })?)?,
        payload: some(with(row, 8, text)?)?,
        status: some(with(row, 9, |value| named(value, "status", Status::from_name))?)?,
        message: with(row, 10, text)?,
    })
}

/// Reads a column; none for NULL.
fn with<'a, DB, T>(
    row: &impl Row<'a, DB>,
    index: usize,
    read: impl FnOnce(&mut dyn RawValue) -> deserialize::Result<T>,
) -> deserialize::Result<Option<T>>
where
    DB: Backend,
    for<'r> DB::RawValue<'r>: RawValue,
{
    let field = row.get(index).ok_or("a column is missing")?;
    let value = field.value();
    value.map(|mut value| read(&mut value)).transpose()
}

fn some<T>(value: Option<T>) -> deserialize::Result<T> {
    value.ok_or_else(|| "a value is null".into())
}

fn uuid(value: &mut dyn RawValue) -> deserialize::Result<Uuid> {
    Ok(Uuid::from_slice(value.bytes())?)
}

fn text(value: &mut dyn RawValue) -> deserialize::Result<String> {
    Ok(value.text()?.to_owned())
}

fn named<T>(
    value: &mut dyn RawValue,
    what: &str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> deserialize::Result<T> {
    let name = value.text()?;
    parse(name).ok_or_else(|| format!("a notification has an unknown {what}: {name:?}").into())
}

/// One implementation for all backends would overlap with diesel's own for tuples.
macro_rules! read_from {
    ($Db:ty) => {
        impl FromSqlRow<failure_notifications::SqlType, $Db> for Loaded {
            fn build_from_row<'a>(row: &impl Row<'a, $Db>) -> deserialize::Result<Self> {
                Ok(Self(
                    read(row).map_err(|error| Error::Broken(error.to_string())),
                ))
            }
        }

        impl FromSqlRow<ListedTypes, $Db> for Listed {
            fn build_from_row<'a>(row: &impl Row<'a, $Db>) -> deserialize::Result<Self> {
                Ok(Self(
                    read_listed(row).map_err(|error| Error::Broken(error.to_string())),
                ))
            }
        }
    };
}

#[cfg(feature = "sqlite")]
read_from!(diesel::sqlite::Sqlite);
#[cfg(feature = "postgres")]
read_from!(diesel::pg::Pg);
#[cfg(feature = "mysql")]
read_from!(diesel::mysql::Mysql);
read_from!(MultiBackend);
