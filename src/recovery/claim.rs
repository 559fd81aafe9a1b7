//! Engines claim notifications.

use crate::failure::{Action, FailureNotification, Host, NotificationType, Progress, Segment, VMove};
use crate::store::failure::{self, Due, HostFilter, Page, VMoveFilter};
use crate::store::{Conn, Error, Tx};

use super::attend::{attend, failed_at, give_up, is_expired, make_ready};
use super::change::{Change, Next, change, hand_on};
use super::terms::Terms;

/// The most notifications to look at in one claim. More than one is needed if hosts are being recovered.
pub(super) const LOOK: usize = 20;

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
    for notification in failure::due(tx.conn(), &Due::ready(kinds), LOOK)? {
        if let Some(claimed) = claim_one(tx, terms, notification, engine, now)? {
            return Ok(Some(claimed));
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
    let since = failed_at(tx.conn(), terms, &notification, now)?;
    if is_expired(since, terms, now) {
        let cause = "it was not recovered in time";
        return give_up(tx, terms, &mut notification, cause, now).map(|()| None);
    }
    if failure::leased_until(tx.conn(), notification.source_host_uuid)?.is_some() {
        return make_ready(tx, &mut notification, since).map(|()| None);
    }
    // As of an imported one: the worker ignores it.
    if failure::host(tx.conn(), notification.source_host_uuid, None) == Err(Error::NotFound) {
        return hand_on(tx, &mut notification, &Next::Worker(now)).map(|()| None);
    }
    let until = now.saturating_add(terms.lease.min(terms.step_timeout));
    let cause = format!("claimed by the engine {engine}");
    let (action, next) = (Action::Claim, Next::Leased { engine, until });
    let cause = cause.as_str();
    change(tx, terms, &mut notification, &Change { action, cause, next }, now)?;
    with_context(tx.conn(), notification).map(Some)
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
