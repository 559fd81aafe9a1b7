//! Engines claim notifications.

use crate::failure::{Action, FailureNotification, Host, NotificationType, Progress, Segment, VMove};
use crate::store::failure::{self, Due, HostFilter, Page, VMoveFilter};
use crate::store::{Conn, Error, Tx};

use super::attend::{after_lease, attend, failed_at, give_up, is_expired};
use super::change::{Change, Next, change, hand_on};
use super::terms::Terms;

/// The most notifications to look at together. More than one is needed if hosts are being recovered.
pub(super) const LOOK: usize = 20;

/// The most notifications of a host that are set aside together.
const MOST_OF_HOST: usize = 200;

/// About the most notifications that a claim passes over.
const MOST_PASSED: usize = 1000;

/// The most reserved hosts and moves that a claim shows.
const MOST: i64 = 1000;

/// A claimed notification, with what an engine needs.
#[derive(Debug, Clone, PartialEq)]
pub struct Claimed {
    /// The notification.
    pub notification: FailureNotification,
    /// Its host.
    pub host: Host,
    /// The segment of the host.
    pub segment: Segment,
    /// The names of the segment's reserved hosts that are free.
    pub reserved_hosts: Vec<String>,
    /// What engines have reported so far.
    pub steps: Vec<Progress>,
    /// The moves that engines have reported so far.
    pub vmoves: Vec<VMove>,
}

/// Leases one notification of these types to an engine; none if none is ready. A host is leased to one engine at a time, by
/// an index of the database.
pub fn claim(
    tx: &mut Tx<'_>,
    terms: &Terms,
    kinds: &[NotificationType],
    engine: &str,
    now: i64,
) -> Result<Option<Claimed>, Error> {
    // New notifications, and those of a dead engine, are ready at once.
    attend(tx, terms, now)?;
    let (of, mut passed) = (Due::ready(kinds), 0);
    while passed < MOST_PASSED {
        let ready = failure::due(tx.conn(), &of, LOOK)?;
        if ready.is_empty() {
            return Ok(None);
        }
        for mut notification in ready {
            passed += match pass(tx, terms, &mut notification, now)? {
                Some(passed) => passed,
                None => return lease(tx, terms, notification, engine, now).map(Some),
            };
        }
    }
    Ok(None)
}

/// Leases a notification that is ready; none if that shows that it is not.
pub(super) fn claim_one(
    tx: &mut Tx<'_>,
    terms: &Terms,
    mut notification: FailureNotification,
    engine: &str,
    now: i64,
) -> Result<Option<Claimed>, Error> {
    match pass(tx, terms, &mut notification, now)? {
        Some(_) => Ok(None),
        None => lease(tx, terms, notification, engine, now).map(Some),
    }
}

/// Takes a notification that no engine may have now from the engines, with others like it, and returns how many; none if an
/// engine may have it.
fn pass(
    tx: &mut Tx<'_>,
    terms: &Terms,
    notification: &mut FailureNotification,
    now: i64,
) -> Result<Option<usize>, Error> {
    let host = notification.source_host_uuid;
    if let Some(until) = failure::leased_until(tx.conn(), host)? {
        let set_aside = failure::set_host_aside(tx, host, after_lease(until, now), MOST_OF_HOST)?;
        // None if another transaction has just done so.
        return Ok(Some(set_aside.max(1)));
    }
    let since = failed_at(tx.conn(), terms, notification, now)?;
    if is_expired(since, terms, now) {
        give_up(tx, terms, notification, "it was not recovered in time", now)?;
    } else if failure::host(tx.conn(), host, None) == Err(Error::NotFound) {
        // As of an imported one: the worker ignores it.
        hand_on(tx, notification, &Next::Worker(now))?;
    } else {
        return Ok(None);
    }
    Ok(Some(1))
}

fn lease(
    tx: &mut Tx<'_>,
    terms: &Terms,
    mut notification: FailureNotification,
    engine: &str,
    now: i64,
) -> Result<Claimed, Error> {
    let until = now.saturating_add(terms.lease.min(terms.step_timeout));
    let cause = format!("claimed by the engine {engine}");
    let (action, next) = (Action::Claim, Next::Leased { engine, until });
    let cause = cause.as_str();
    change(tx, terms, &mut notification, &Change { action, cause, next }, now)?;
    with_context(tx.conn(), notification)
}

fn with_context(conn: &mut Conn, notification: FailureNotification) -> Result<Claimed, Error> {
    let id = notification.uuid;
    let host = failure::host(conn, notification.source_host_uuid, None)?;
    let segment = failure::segment(conn, host.segment_uuid)?;
    let free = HostFilter {
        on_maintenance: Some(false),
        reserved: Some(true),
        ..HostFilter::default()
    };
    let reserved = failure::hosts(conn, segment.uuid, &free, &Page::newest(MOST))?;
    let moves = failure::vmoves(conn, id, &VMoveFilter::default(), &Page::newest(MOST))?;
    Ok(Claimed {
        steps: failure::steps(conn, id)?,
        vmoves: moves,
        reserved_hosts: reserved.into_iter().map(|host| host.name).collect(),
        segment,
        host,
        notification,
    })
}
