//! Reading listeners.

use std::collections::HashSet;

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
use uuid::Uuid;

use super::row::ListenerRow;
use crate::listener::{Kind, Reach, StoredListener};
use crate::store::connection::Conn;
use crate::store::error::Error;
use crate::store::schema::listeners;
use crate::store::tables::ids::{CHUNK, uuid};
use crate::store::tables::readable::readable;
use crate::store::tables::subscription::CLOUD;

/// The longest that e-mails can be gathered, in microseconds: an end further away is due to a clock that was set back.
const LONGEST_DIGEST: i64 = 86_400_000_000;

/// Which listeners to list.
#[derive(Debug, Clone, Default)]
pub struct ListenerFilter {
    /// Those of this project; none for all projects.
    pub project: Option<String>,
    /// Whether those of the whole cloud are listed too.
    pub has_cloud: bool,
    /// Only those with this name.
    pub name: Option<String>,
    /// Only those that members of the project may see, or may not.
    pub is_hidden: Option<bool>,
    /// Those after this one.
    pub after: Option<Uuid>,
}

/// The listener with an id.
pub fn show(conn: &mut Conn, id: Uuid) -> Result<StoredListener, Error> {
    let row: ListenerRow = listeners::table.find(id.as_bytes().as_slice()).first(conn)?;
    row.try_into()
}

/// Which of these listeners, each with the time of its last change, are enabled and unchanged.
pub fn current(conn: &mut Conn, versions: &[(Uuid, i64)]) -> Result<HashSet<Uuid>, Error> {
    let mut current = HashSet::with_capacity(versions.len());
    for versions in versions.chunks(CHUNK) {
        let rows: Vec<(Vec<u8>, i64)> = listeners::table
            .select((listeners::id, listeners::updated_at))
            .filter(listeners::id.eq_any(versions.iter().map(|(id, _)| id.as_bytes().as_slice())))
            .filter(listeners::is_enabled.eq(true))
            .load(conn)?;
        for (id, updated_at) in rows {
            let found = (uuid(&id)?, updated_at);
            if versions.contains(&found) {
                current.insert(found.0);
            }
        }
    }
    Ok(current)
}

/// Which of these listeners have failed since their last delivery that arrived.
pub fn failing(conn: &mut Conn, ids: &[Uuid]) -> Result<HashSet<Uuid>, Error> {
    let mut failing = HashSet::new();
    for ids in ids.chunks(CHUNK) {
        let rows: Vec<Vec<u8>> = listeners::table
            .select(listeners::id)
            .filter(listeners::id.eq_any(ids.iter().map(|id| id.as_bytes().as_slice())))
            .filter(listeners::failing_since.is_not_null())
            .load(conn)?;
        failing.extend(readable(rows.iter().map(|id| uuid(id))));
    }
    Ok(failing)
}

/// The listeners with these ids, as far as they exist and are enabled.
pub fn by_ids(conn: &mut Conn, ids: &[Uuid]) -> Result<Vec<StoredListener>, Error> {
    let mut found = Vec::with_capacity(ids.len());
    for ids in ids.chunks(CHUNK) {
        let rows: Vec<ListenerRow> = listeners::table
            .filter(listeners::id.eq_any(ids.iter().map(|id| id.as_bytes().as_slice())))
            .filter(listeners::is_enabled.eq(true))
            .load(conn)?;
        for row in rows {
            found.push(row.try_into()?);
        }
    }
    Ok(found)
}

/// Up to `limit` listeners, in the order of their ids, which is that of their creation.
pub fn list(conn: &mut Conn, filter: &ListenerFilter, limit: i64) -> Result<Vec<StoredListener>, Error> {
    let mut query = listeners::table.into_boxed();
    if let Some(project) = &filter.project {
        let mut projects = vec![project.as_str()];
        if filter.has_cloud {
            projects.push(CLOUD);
        }
        query = query.filter(listeners::project_id.eq_any(projects));
    }
    if let Some(name) = &filter.name {
        query = query.filter(listeners::name.eq(name));
    }
    if let Some(is_hidden) = filter.is_hidden {
        query = query.filter(listeners::is_hidden.eq(is_hidden));
    }
    if let Some(after) = filter.after {
        query = query.filter(listeners::id.gt(after.as_bytes().to_vec()));
    }
    let rows: Vec<ListenerRow> = query.order(listeners::id).limit(limit).load(conn)?;
    rows.into_iter().map(StoredListener::try_from).collect()
}

/// The number of listeners of a project, or of the whole cloud.
pub fn count(conn: &mut Conn, reach: &Reach) -> Result<i64, Error> {
    let project = reach.project().unwrap_or(CLOUD);
    let rows = listeners::table.filter(listeners::project_id.eq(project));
    Ok(rows.count().get_result(conn)?)
}

/// What is watched of a listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watched {
    /// The listener.
    pub id: Uuid,
    /// Its notifier.
    pub kind: Kind,
    /// Whether it gets events.
    pub is_enabled: bool,
    /// Whether further events become dead letters.
    pub is_full: bool,
}

/// Up to `limit` listeners after `after` that have waiting deliveries or dead letters, or that are full: one seek for each listener.
pub fn watched(conn: &mut Conn, after: Uuid, limit: i64) -> Result<Vec<Watched>, Error> {
    let is_full = "(SELECT subscriptions.is_full FROM subscriptions \
                   WHERE subscriptions.listener_id = listeners.id LIMIT 1)";
    let select = sql::<(Binary, Text, Bool, Nullable<Bool>)>(
        "SELECT listeners.id, listeners.notifier_type, listeners.is_enabled, ",
    );
    let rows: Vec<(Vec<u8>, String, bool, Option<bool>)> = select
        .sql(is_full)
        .sql(" FROM listeners WHERE listeners.id > ")
        .bind::<Binary, _>(after.as_bytes().to_vec())
        .sql(" AND ((SELECT 1 FROM deliveries WHERE deliveries.target = listeners.target")
        .sql(" AND deliveries.due <= ")
        .bind::<BigInt, _>(i64::MAX)
        .sql(" LIMIT 1) IS NOT NULL OR ")
        .sql(is_full)
        .sql(") ORDER BY listeners.id LIMIT ")
        .bind::<BigInt, _>(limit)
        .load(conn)?;
    let watched = rows.into_iter().map(|(id, notifier, is_enabled, is_full)| {
        let id = uuid(&id)?;
        let kind = Kind::from_name(&notifier)
            .ok_or_else(|| Error::Broken(format!("listener {id} has the notifier {notifier:?}")))?;
        Ok(Watched {
            id,
            kind,
            is_enabled,
            is_full: is_full.unwrap_or_default(),
        })
    });
    Ok(readable(watched))
}

/// The enabled listeners to deliver to that have something due at `now`, in microseconds since 1970: one seek for each listener.
pub fn all_targets_due(conn: &mut Conn, now: i64) -> Result<Vec<Uuid>, Error> {
    let ids: Vec<Vec<u8>> = sql::<Binary>(
        "SELECT listeners.id FROM listeners WHERE listeners.is_enabled AND listeners.notifier_type <> ",
    )
    .bind::<Text, _>(Kind::Pull.name())
    .sql(" AND (SELECT 1 FROM deliveries WHERE deliveries.target = listeners.target AND deliveries.due <= ")
    .bind::<BigInt, _>(now)
    .sql(" LIMIT 1) IS NOT NULL AND (listeners.digest_due IS NULL OR listeners.digest_due <= ")
    .bind::<BigInt, _>(now)
    .sql(" OR listeners.digest_due > ")
    .bind::<BigInt, _>(now.saturating_add(LONGEST_DIGEST))
    .sql(")")
    .load(conn)?;
    Ok(readable(ids.iter().map(|id| uuid(id))))
}
