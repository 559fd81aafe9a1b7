//! Deliveries that are picked by their keys.

use std::collections::BTreeMap;

use diesel::prelude::*;

#[cfg(feature = "postgres")]
use super::arrays::{HasKey, Keys, Lock};
use crate::store::connection::Conn;
#[cfg(any(feature = "sqlite", feature = "mysql"))]
use crate::store::dialect::among::among;
use crate::store::error::Error;
#[cfg(any(feature = "sqlite", feature = "mysql"))]
use crate::store::schema::deliveries;
#[cfg(any(feature = "sqlite", feature = "mysql"))]
use crate::store::tables::ids::CHUNK;

/// Selects deliveries of a target.
#[cfg(any(feature = "sqlite", feature = "mysql"))]
macro_rules! select {
    ($target:expr, $events:expr) => {
        deliveries::table
            .select((deliveries::event_id, deliveries::order_key))
            .filter(deliveries::target.eq($target))
            .filter(among(deliveries::event_id, $events.iter().copied()))
    };
}

/// Evaluates the same expression for deliveries that are picked: on PostgreSQL for all of them, elsewhere for some of one target after
/// another. Rows that are changed must be locked.
macro_rules! with_picked {
    ($picked:expr, $conn:expr, ($name:ident, $rows:ident) => $work:expr) => {
        match $conn {
            #[cfg(feature = "sqlite")]
            $crate::store::connection::Conn::Sqlite($name) => {
                for (target, events) in $picked.chunks() {
                    let $rows = deliveries::table.filter(deliveries::target.eq(target)).filter(
                        $crate::store::dialect::among::among(deliveries::event_id, events.iter().copied()),
                    );
                    $work;
                }
            }
            #[cfg(feature = "postgres")]
            $crate::store::connection::Conn::Postgres($name) => {
                if !$picked.is_empty() {
                    let $rows = deliveries::table.filter($picked.condition());
                    $work;
                }
            }
            #[cfg(feature = "mysql")]
            $crate::store::connection::Conn::Mysql($name) => {
                for (target, events) in $picked.chunks() {
                    let $rows = deliveries::table.filter(deliveries::target.eq(target)).filter(
                        $crate::store::dialect::among::among(deliveries::event_id, events.iter().copied()),
                    );
                    $work;
                }
            }
        }
    };
}
pub(super) use with_picked;

/// The key of a delivery: its target and its event.
pub(super) type Key<'a> = (&'a str, &'a [u8]);

/// Deliveries of some targets.
#[derive(Debug, Default)]
pub(super) struct Picked<'a>(Vec<(&'a str, Vec<&'a [u8]>)>);

impl<'a> Picked<'a> {
    /// Some of one target.
    pub(super) fn of(target: &'a str, events: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut picked = Self::default();
        picked.add(target, events);
        picked
    }

    /// Adds some of another target.
    pub(super) fn add(&mut self, target: &'a str, events: impl IntoIterator<Item = &'a [u8]>) {
        let events: Vec<&[u8]> = events.into_iter().collect();
        if !events.is_empty() {
            self.0.push((target, events));
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As many of one target as a statement takes, again and again.
    #[cfg(any(feature = "sqlite", feature = "mysql"))]
    pub(super) fn chunks(&self) -> impl Iterator<Item = (&'a str, &[&'a [u8]])> {
        self.0.iter().flat_map(|(target, events)| {
            let target = *target;
            events.chunks(CHUNK).map(move |events| (target, events))
        })
    }

    #[cfg(feature = "postgres")]
    fn keys(&self) -> impl Iterator<Item = Key<'a>> {
        self.0.iter().flat_map(|(target, events)| {
            let target = *target;
            events.iter().map(move |event| (target, *event))
        })
    }

    #[cfg(feature = "postgres")]
    fn arrays(&self) -> Keys<'a> {
        let (targets, events) = self.keys().unzip();
        Keys { targets, events }
    }

    /// The condition that a delivery is one of them.
    #[cfg(feature = "postgres")]
    pub(super) fn condition(&self) -> HasKey<'a> {
        HasKey(self.arrays())
    }

    /// Locks those that exist, and returns what each must stay in order with. SQLite has one writer, and so no need to lock.
    pub(super) fn lock(&self, conn: &mut Conn) -> Result<BTreeMap<Key<'a>, Option<i64>>, Error> {
        if self.is_empty() {
            return Ok(BTreeMap::new());
        }
        match conn {
            #[cfg(feature = "sqlite")]
            Conn::Sqlite(conn) => {
                let mut found = BTreeMap::new();
                for (target, events) in self.chunks() {
                    found.extend(known(target, events, select!(target, events).load(conn)?));
                }
                Ok(found)
            }
            #[cfg(feature = "postgres")]
            Conn::Postgres(conn) => {
                let keys: Vec<Key<'a>> = self.keys().collect();
                let locked: Vec<(i64, Option<i64>)> = Lock(self.arrays()).load(conn)?;
                let found = locked.into_iter().filter_map(|(place, order_key)| {
                    let place = usize::try_from(place).ok()?.checked_sub(1)?;
                    Some((*keys.get(place)?, order_key))
                });
                Ok(found.collect())
            }
            #[cfg(feature = "mysql")]
            Conn::Mysql(conn) => {
                let mut found = BTreeMap::new();
                for (target, events) in self.chunks() {
                    let rows = select!(target, events).for_update().load(conn)?;
                    found.extend(known(target, events, rows));
                }
                Ok(found)
            }
        }
    }
}

/// What was found of the events of a target.
#[cfg(any(feature = "sqlite", feature = "mysql"))]
fn known<'a>(
    target: &'a str,
    events: &[&'a [u8]],
    rows: Vec<(Vec<u8>, Option<i64>)>,
) -> Vec<(Key<'a>, Option<i64>)> {
    let rows: BTreeMap<Vec<u8>, Option<i64>> = rows.into_iter().collect();
    let find = |event: &&'a [u8]| Some(((target, *event), *rows.get(*event)?));
    events.iter().filter_map(find).collect()
}
