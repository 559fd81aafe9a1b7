//! Receiving reports: the check whether one is new, and its insertion.

use diesel::prelude::*;
use uuid::Uuid;

use super::host::HostRow;
use super::notification::insert;
use crate::failure::{FailureNotification, Host, Report, Status, Term, Turn, fingerprint};
use crate::store::connection::{Conn, with_each};
use crate::store::error::Error;
use crate::store::schema::{failover_hosts, failure_notifications};
use crate::store::transaction::Tx;

/// What became of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Received {
    /// It is a new notification.
    New(Box<FailureNotification>),
    /// There is no host of this name.
    UnknownHost,
    /// The host is under maintenance.
    OnMaintenance,
    /// It was reported before.
    Duplicate,
}

/// How far a monitor's clock may be ahead, in microseconds: five minutes.
const AHEAD: i64 = 300_000_000;

/// The most reports with a time further ahead that are looked at. Those of one wrong clock are found first.
const LOOK: i64 = 100;

/// Records a report unless an equal one was generated at most `interval` microseconds earlier, or later. A time that is further ahead
/// than clocks differ counts as if the report had been generated when it came: otherwise a single one would make all later ones
/// duplicates, until that time has come. `now` is in microseconds since 1970.
///
/// The host's row is written first: reports of one host come one after the other, on different nodes of Galera too, where one of
/// two fails at its commit and runs again.
pub fn receive(
    tx: &mut Tx<'_>,
    report: &Report,
    uuid: Uuid,
    now: i64,
    interval: i64,
) -> Result<Received, Error> {
    let Some(host) = count(tx.conn(), &report.hostname)? else {
        return Ok(Received::UnknownHost);
    };
    if host.on_maintenance {
        return Ok(Received::OnMaintenance);
    }
    let fingerprint = fingerprint(host.uuid, report.kind, &report.payload);
    if is_known(tx.conn(), &fingerprint, report.generated_time, interval, now)? {
        return Ok(Received::Duplicate);
    }
    let notification = FailureNotification {
        id: 0,
        uuid,
        created_at: now,
        updated_at: None,
        generated_time: report.generated_time,
        source_host_uuid: host.uuid,
        segment_uuid: Some(host.segment_uuid),
        kind: report.kind,
        payload: serde_json::Value::Object(report.payload.clone()).to_string(),
        fingerprint,
        status: Status::New,
        message: None,
        turn: Some(Turn::Worker),
        due: Some(now),
        engine: None,
        term: Term::default(),
        lease_until: None,
        leased_host: None,
        retries: 0,
        tenants: None,
    };
    insert(tx, notification).map(Box::new).map(Received::New)
}

/// Writes the host's row and reads it.
fn count(conn: &mut Conn, name: &str) -> Result<Option<Host>, Error> {
    // For the database at hand, so that the statements are found prepared: reports come in storms.
    let row = || failover_hosts::table.filter(failover_hosts::name.eq(name));
    let count = diesel::update(row()).set(failover_hosts::reports.eq(failover_hosts::reports + 1));
    let found: Option<HostRow> = match conn {
        #[cfg(feature = "sqlite")]
        Conn::Sqlite(conn) => {
            count.execute(conn)?;
            row().select(HostRow::columns()).first(conn).optional()?
        }
        // Each statement is a round trip.
        #[cfg(feature = "postgres")]
        Conn::Postgres(conn) => count.returning(HostRow::columns()).get_result(conn).optional()?,
        #[cfg(feature = "mysql")]
        Conn::Mysql(conn) => {
            count.execute(conn)?;
            row().select(HostRow::columns()).first(conn).optional()?
        }
    };
    found.map(Host::try_from).transpose()
}

/// Whether a report equals one that was generated since `interval` before it.
fn is_known(
    conn: &mut Conn,
    fingerprint: &[u8],
    generated_time: i64,
    interval: i64,
    now: i64,
) -> Result<bool, Error> {
    let (since, ahead) = (generated_time.saturating_sub(interval), now.saturating_add(AHEAD));
    let is_since = |latest: &i64| *latest >= since;
    match latest(conn, fingerprint, i64::MAX)?.filter(is_since) {
        None => Ok(false),
        Some(latest) if latest <= ahead => Ok(true),
        Some(_) => {
            let in_time = latest(conn, fingerprint, ahead)?;
            let came_since = generated_time.min(now).saturating_sub(interval);
            Ok(in_time.is_some_and(|latest| is_since(&latest))
                || has_come(conn, fingerprint, since.max(ahead.saturating_add(1)), came_since)?)
        }
    }
}

/// When the latest of equal reports was generated, of those until a time.
fn latest(conn: &mut Conn, fingerprint: &[u8], until: i64) -> Result<Option<i64>, Error> {
    let select = failure_notifications::table
        .select(failure_notifications::generated_time)
        .filter(failure_notifications::fingerprint.eq(fingerprint))
        .filter(failure_notifications::generated_time.le(until))
        .order(failure_notifications::generated_time.desc());
    with_each!(conn, conn => Ok(select.first(conn).optional()?))
}

/// Whether an equal report with a time of `since` or later has come lately.
fn has_come(conn: &mut Conn, fingerprint: &[u8], since: i64, came_since: i64) -> Result<bool, Error> {
    let came: Vec<i64> = failure_notifications::table
        .select(failure_notifications::created_at)
        .filter(failure_notifications::fingerprint.eq(fingerprint))
        .filter(failure_notifications::generated_time.ge(since))
        .order((
            failure_notifications::generated_time.desc(),
            failure_notifications::id.desc(),
        ))
        .limit(LOOK)
        .load(conn)?;
    Ok(came.into_iter().any(|came| came >= came_since))
}
