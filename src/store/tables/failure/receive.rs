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

/// Records a report unless an equal one was generated at most `interval` microseconds earlier, or later. `now` is in microseconds
/// since 1970.
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
    let latest = latest(tx.conn(), &fingerprint)?;
    if latest.is_some_and(|latest| latest >= report.generated_time.saturating_sub(interval)) {
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

/// When the latest of equal reports was generated.
fn latest(conn: &mut Conn, fingerprint: &[u8]) -> Result<Option<i64>, Error> {
    let select = failure_notifications::table
        .select(failure_notifications::generated_time)
        .filter(failure_notifications::fingerprint.eq(fingerprint))
        .order(failure_notifications::generated_time.desc());
    with_each!(conn, conn => Ok(select.first(conn).optional()?))
}
