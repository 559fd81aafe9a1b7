//! Which listener gets which event.

use std::collections::{BTreeMap, BTreeSet};

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Text;
use uuid::Uuid;

use super::ids::{CHUNK, uuid};
use crate::event::{Envelope, Outgoing, Subscribed, Subscribers};
use crate::store::connection::Conn;
use crate::store::dialect::chunks;
use crate::store::dialect::insert::insert_rows;
use crate::store::error::Error;
use crate::store::schema::{subscription_version, subscriptions};
use crate::store::transaction::Tx;

/// The project of listeners that get the events of all projects.
pub(super) const CLOUD: &str = "";

/// A listener that gets an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Subscriber {
    pub(super) listener: Uuid,
    pub(super) is_ordered: bool,
    /// Whether too many deliveries wait for it.
    pub(super) is_full: bool,
}

/// A row of the table.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Queryable, Insertable)]
#[diesel(table_name = subscriptions)]
pub(in crate::store) struct SubscriptionRow {
    pub(in crate::store) event_type: String,
    pub(in crate::store) project_id: String,
    pub(in crate::store) listener_id: Vec<u8>,
    pub(in crate::store) is_ordered: bool,
    pub(in crate::store) is_full: bool,
}

/// The row of the version.
const ROW: i32 = 1;

/// Each event type once: a seek to the next one for each, however many listeners want it.
const EACH_TYPE: &str = "WITH RECURSIVE known(name) AS (SELECT min(event_type) FROM subscriptions UNION ALL \
                         SELECT (SELECT min(event_type) FROM subscriptions WHERE event_type > name) FROM known \
                         WHERE name IS NOT NULL) SELECT name FROM known WHERE name IS NOT NULL";

/// The version of the subscriptions.
pub(in crate::store) fn version(conn: &mut Conn) -> Result<i64, Error> {
    let version = subscription_version::table
        .find(ROW)
        .select(subscription_version::version);
    Ok(version.first(conn).optional()?.unwrap_or(0))
}

/// The event types that any listener gets.
pub(in crate::store) fn subscribed(conn: &mut Conn) -> Result<Subscribed, Error> {
    // The version first: a change in between is noticed next time.
    let version = version(conn)?;
    let types: Vec<String> = sql::<Text>(EACH_TYPE).load(conn)?;
    Ok(Subscribed {
        version,
        types: BTreeSet::from_iter(types),
    })
}

/// Updates what is known of the subscriptions, in a transaction that may report events afterwards.
pub fn refresh(tx: &mut Tx<'_>, subscribers: &Subscribers) -> Result<(), Error> {
    let version = version(tx.conn())?;
    note(tx.conn(), subscribers, version)
}

/// Reads the subscriptions unless this version of them is known.
pub(in crate::store) fn note(conn: &mut Conn, subscribers: &Subscribers, version: i64) -> Result<(), Error> {
    if subscribers.known().version != version {
        subscribers.note(subscribed(conn)?);
    }
    Ok(())
}

/// The listeners of some events, by event type and project.
#[derive(Debug, Default)]
pub(super) struct Matches(BTreeMap<(String, String), Vec<Subscriber>>);

impl Matches {
    /// Looks up the listeners of all events: for each type one seek in the key for each of their projects.
    pub(super) fn of<'a>(conn: &mut Conn, all: impl Iterator<Item = &'a Outgoing>) -> Result<Self, Error> {
        let mut wanted: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for outgoing in all {
            let events = outgoing.events.iter();
            for event in events.filter(|event| outgoing.is_subscribed(&event.event_type)) {
                let projects = wanted.entry(&event.event_type).or_default();
                projects.insert(event.project_id.as_deref().unwrap_or(CLOUD));
            }
        }
        let mut found = Self::default();
        for (event_type, mut projects) in wanted {
            projects.insert(CLOUD);
            let projects: Vec<&str> = projects.into_iter().collect();
            for projects in projects.chunks(CHUNK) {
                let rows: Vec<SubscriptionRow> = subscriptions::table
                    .filter(subscriptions::event_type.eq(event_type))
                    .filter(subscriptions::project_id.eq_any(projects))
                    .load(conn)?;
                for row in rows {
                    let subscriber = Subscriber {
                        listener: uuid(&row.listener_id)?,
                        is_ordered: row.is_ordered,
                        is_full: row.is_full,
                    };
                    found
                        .0
                        .entry((row.event_type, row.project_id))
                        .or_default()
                        .push(subscriber);
                }
            }
        }
        Ok(found)
    }

    /// The listeners of an event.
    pub(super) fn get(&self, event: &Envelope) -> impl Iterator<Item = Subscriber> {
        let project = event.project_id.as_deref().filter(|project| *project != CLOUD);
        let of = |project: &str| self.0.get(&(event.event_type.clone(), project.to_owned()));
        let own = if self.0.is_empty() {
            None
        } else {
            project.and_then(of)
        };
        let cloud = if self.0.is_empty() { None } else { of(CLOUD) };
        own.into_iter().chain(cloud).flatten().copied()
    }
}

/// Gives a listener these event types, in place of those that it had. `project` is none for all projects.
pub(super) fn replace(
    tx: &mut Tx<'_>,
    listener: Uuid,
    project: Option<&str>,
    is_ordered: bool,
    types: &[&str],
) -> Result<(), Error> {
    change_version(tx)?;
    let id = listener.as_bytes().as_slice();
    let rows = subscriptions::table.filter(subscriptions::listener_id.eq(id));
    diesel::delete(rows).execute(tx.conn())?;
    let rows = types.iter().map(|event_type| SubscriptionRow {
        event_type: (*event_type).to_owned(),
        project_id: project.unwrap_or(CLOUD).to_owned(),
        listener_id: id.to_vec(),
        is_ordered,
        is_full: false,
    });
    chunks::by_size(rows.map(|row| (128, row)), |rows| {
        insert_rows!(tx.conn(), subscriptions::table, rows);
        Ok(())
    })
}

/// Notes whether further events of a listener become dead letters.
pub fn set_full(tx: &mut Tx<'_>, listener: Uuid, is_full: bool) -> Result<(), Error> {
    let rows = subscriptions::table
        .filter(subscriptions::listener_id.eq(listener.as_bytes().as_slice()))
        .filter(subscriptions::is_full.ne(is_full));
    diesel::update(rows)
        .set(subscriptions::is_full.eq(is_full))
        .execute(tx.conn())?;
    Ok(())
}

/// Locks the subscriptions until the commit: other changes wait.
pub fn lock(tx: &mut Tx<'_>) -> Result<(), Error> {
    let version = subscription_version::version;
    diesel::update(subscription_version::table.find(ROW))
        .set(version.eq(version))
        .execute(tx.conn())?;
    Ok(())
}

/// The catalog that globs were expanded by.
pub fn catalog(conn: &mut Conn) -> Result<String, Error> {
    let catalog = subscription_version::table
        .find(ROW)
        .select(subscription_version::catalog);
    Ok(catalog.first(conn).optional()?.unwrap_or_default())
}

/// Notes the catalog that globs are expanded by.
pub fn set_catalog(tx: &mut Tx<'_>, catalog: &str) -> Result<(), Error> {
    diesel::update(subscription_version::table.find(ROW))
        .set(subscription_version::catalog.eq(catalog))
        .execute(tx.conn())?;
    Ok(())
}

/// Notes that subscriptions were written that another program may have expanded: servers notice them at once, and the next that
/// starts expands the globs by its own catalog.
pub(in crate::store) fn renew(tx: &mut Tx<'_>) -> Result<(), Error> {
    change_version(tx)?;
    set_catalog(tx, "")
}

/// Changes the version to one that there never was, also not in a transaction that was rolled back. Locks the row, so that changes
/// follow each other.
fn change_version(tx: &mut Tx<'_>) -> Result<(), Error> {
    let (_, random) = Uuid::now_v7().as_u64_pair();
    diesel::update(subscription_version::table.find(ROW))
        .set(subscription_version::version.eq(random.cast_signed()))
        .execute(tx.conn())?;
    // A program with another catalog, which has expanded all globs, would not know of these.
    if catalog(tx.conn())? != crate::catalog::fingerprint() {
        set_catalog(tx, "")?;
    }
    Ok(())
}
