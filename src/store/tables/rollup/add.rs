//! Adding messages to the counts.

use std::collections::BTreeMap;

use diesel::prelude::*;

use crate::message::{Grain, Kept, LevelCounts, Tallied, service_of};
use crate::store::connection::Conn;
use crate::store::error::Error;
use crate::store::schema::recorded_counts;
use crate::store::tables::ids::CHUNK;

/// Stands for all projects, for all codes of a service, and for all services of a project.
pub(super) const ALL: &str = "";

/// A row of the table.
#[derive(Clone, Debug, PartialEq, Hash, Insertable, Queryable)]
#[diesel(table_name = recorded_counts)]
pub(in crate::store) struct CountRow {
    pub(in crate::store) project_id: String,
    pub(in crate::store) grain: i16,
    pub(in crate::store) begins_at: i64,
    pub(in crate::store) service: String,
    pub(in crate::store) code: String,
    errors: i64,
    warnings: i64,
    infos: i64,
    expires_at: i64,
}

/// The counts of a row that exists, with those of the new one.
#[cfg(any(feature = "sqlite", feature = "postgres"))]
macro_rules! with_excluded {
    () => {{
        use diesel::upsert::excluded;
        (
            recorded_counts::errors.eq(recorded_counts::errors + excluded(recorded_counts::errors)),
            recorded_counts::warnings.eq(recorded_counts::warnings + excluded(recorded_counts::warnings)),
            recorded_counts::infos.eq(recorded_counts::infos + excluded(recorded_counts::infos)),
        )
    }};
}

/// The key of a row.
type Key<'a> = (&'a str, Grain, i64, &'static str, &'a str);

/// Counts messages: each in its hour and its day, for its project and its code, and in the sums over each. Hours and days that
/// are not kept at `now` (microseconds since 1970, or any time before) are left out. The position must be locked, so that no two
/// transactions change the same rows.
pub(super) fn add<'a>(
    conn: &mut Conn,
    messages: impl Iterator<Item = &'a Tallied>,
    kept: Kept,
    now: i64,
) -> Result<(), Error> {
    let mut counts: BTreeMap<Key<'a>, LevelCounts> = BTreeMap::new();
    for message in messages {
        let (project, code) = (message.project_id.as_str(), message.code.as_str());
        let service = service_of(code);
        for grain in Grain::ALL {
            let begins_at = grain.floor(message.position.created_at);
            if expiry(grain, begins_at, kept) < now {
                continue;
            }
            for (project, service, code) in [
                (project, service, code),
                (ALL, service, code),
                (project, service, ALL),
                (project, ALL, ALL),
            ] {
                let key = (project, grain, begins_at, service, code);
                counts.entry(key).or_default().count(message.level);
            }
        }
    }
    let rows: Vec<CountRow> = counts
        .into_iter()
        .map(|(key, counts)| CountRow::of(key, counts, kept))
        .collect();
    for rows in rows.chunks(CHUNK) {
        upsert(conn, rows)?;
    }
    Ok(())
}

/// When the count of an interval expires.
fn expiry(grain: Grain, begins_at: i64, kept: Kept) -> i64 {
    begins_at.saturating_add(kept.length(grain))
}

impl CountRow {
    fn of((project_id, grain, begins_at, service, code): Key<'_>, counts: LevelCounts, kept: Kept) -> Self {
        let whole = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        Self {
            project_id: project_id.to_owned(),
            grain: grain as i16,
            begins_at,
            service: service.to_owned(),
            code: code.to_owned(),
            errors: whole(counts.errors),
            warnings: whole(counts.warnings),
            infos: whole(counts.infos),
            expires_at: expiry(grain, begins_at, kept),
        }
    }
}

/// Adds the counts to those of the rows that exist.
fn upsert(conn: &mut Conn, rows: &[CountRow]) -> Result<(), Error> {
    use recorded_counts::{begins_at, code, grain, project_id, service, table};
    match conn {
        #[cfg(feature = "sqlite")]
        Conn::Sqlite(conn) => {
            // One by one, so that the statement stays prepared.
            for row in rows {
                let insert = diesel::insert_into(table).values(row);
                let key = (project_id, grain, begins_at, service, code);
                insert
                    .on_conflict(key)
                    .do_update()
                    .set(with_excluded!())
                    .execute(conn)?;
            }
        }
        #[cfg(feature = "postgres")]
        Conn::Postgres(conn) => {
            let insert = diesel::insert_into(table).values(rows);
            let key = (project_id, grain, begins_at, service, code);
            insert
                .on_conflict(key)
                .do_update()
                .set(with_excluded!())
                .execute(conn)?;
        }
        #[cfg(feature = "mysql")]
        Conn::Mysql(conn) => {
            use recorded_counts::{errors, infos, warnings};
            let sum = diesel::dsl::sql::<diesel::sql_types::BigInt>;
            let sums = (
                errors.eq(sum("errors + VALUES(errors)")),
                warnings.eq(sum("warnings + VALUES(warnings)")),
                infos.eq(sum("infos + VALUES(infos)")),
            );
            let insert = diesel::insert_into(table).values(rows);
            let insert = insert.on_conflict(diesel::dsl::DuplicatedKeys).do_update();
            insert.set(sums).execute(conn)?;
        }
    }
    Ok(())
}
