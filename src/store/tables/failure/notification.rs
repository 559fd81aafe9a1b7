//! The table of notifications.

use diesel::prelude::*;
use uuid::Uuid;

use super::page::{Columns, Page, load_page};
use super::rows::numbered_rows;
use crate::failure::{FailureNotification, NotificationType, Status, Term, Turn};
use crate::store::connection::{Conn, MultiBackend, with_each};
use crate::store::error::{Error, require_row};
use crate::store::schema::failure_notifications;
use crate::store::tables::ids::uuid;
use crate::store::tables::readable::readable;
use crate::store::transaction::Tx;

/// What notifications can be sorted by.
pub const COLUMNS: Columns = Columns(&[
    ("id", "id"),
    ("notification_uuid", "uuid"),
    ("created_at", "created_at"),
    ("updated_at", "coalesce(updated_at, 0)"),
    ("generated_time", "generated_time"),
    ("type", "kind"),
    ("status", "status"),
    ("payload", "payload"),
    ("source_host_uuid", "source_host_uuid"),
    ("failover_segment_uuid", "segment_uuid"),
    ("message", "coalesce(message, '')"),
    ("deleted", ""),
    ("deleted_at", ""),
]);

/// Which notifications to list.
#[derive(Debug, Clone, Default)]
pub struct NotificationFilter {
    /// Those with this status.
    pub status: Option<Status>,
    /// Those of this type.
    pub kind: Option<NotificationType>,
    /// Those of this host.
    pub source_host: Option<Uuid>,
    /// Those that were noticed at this time or later, in microseconds since 1970.
    pub generated_since: Option<i64>,
}

impl NotificationFilter {
    /// Whether an index leads to the rows, the newest first.
    pub fn is_direct(&self) -> bool {
        let has_index = self.status.is_none() || self.source_host.is_none();
        has_index && self.kind.is_none() && self.generated_since.is_none()
    }
}

numbered_rows! {
    failure_notifications, NotificationRow, NewNotificationRow {
        uuid: Vec<u8>,
        created_at: i64,
        updated_at: Option<i64>,
        generated_time: i64,
        source_host_uuid: Vec<u8>,
        segment_uuid: Option<Vec<u8>>,
        kind: String,
        payload: String,
        fingerprint: Vec<u8>,
        status: String,
        message: Option<String>,
        turn: Option<String>,
        due: Option<i64>,
        engine: Option<String>,
        term: i64,
        lease_until: Option<i64>,
        leased_host: Option<Vec<u8>>,
        retries: i32,
        tenants: Option<String>,
    }
}

impl From<&FailureNotification> for NewNotificationRow {
    fn from(of: &FailureNotification) -> Self {
        let bytes = |id: Uuid| id.as_bytes().to_vec();
        Self {
            uuid: bytes(of.uuid),
            created_at: of.created_at,
            updated_at: of.updated_at,
            generated_time: of.generated_time,
            source_host_uuid: bytes(of.source_host_uuid),
            segment_uuid: of.segment_uuid.map(bytes),
            kind: of.kind.name().to_owned(),
            payload: of.payload.clone(),
            fingerprint: of.fingerprint.clone(),
            status: of.status.name().to_owned(),
            message: of.message.clone(),
            turn: of.turn.map(|turn| turn.name().to_owned()),
            due: of.due,
            engine: of.engine.clone(),
            term: of.term.0,
            lease_until: of.lease_until,
            leased_host: of.leased_host.map(bytes),
            retries: of.retries,
            tenants: of.tenants.clone(),
        }
    }
}

impl TryFrom<NotificationRow> for FailureNotification {
    type Error = Error;

    fn try_from(NotificationRow { id, rest }: NotificationRow) -> Result<Self, Error> {
        let unknown = |what: &str| Error::Broken(format!("notification {id} has an unknown {what}"));
        let turn = rest
            .turn
            .map(|turn| Turn::from_name(&turn).ok_or_else(|| unknown("turn")));
        Ok(Self {
            id,
            uuid: uuid(&rest.uuid)?,
            created_at: rest.created_at,
            updated_at: rest.updated_at,
            generated_time: rest.generated_time,
            source_host_uuid: uuid(&rest.source_host_uuid)?,
            segment_uuid: rest.segment_uuid.as_deref().map(uuid).transpose()?,
            kind: NotificationType::from_name(&rest.kind).ok_or_else(|| unknown("type"))?,
            payload: rest.payload,
            fingerprint: rest.fingerprint,
            status: Status::from_name(&rest.status).ok_or_else(|| unknown("status"))?,
            message: rest.message,
            turn: turn.transpose()?,
            due: rest.due,
            engine: rest.engine,
            term: Term(rest.term),
            lease_until: rest.lease_until,
            leased_host: rest.leased_host.as_deref().map(uuid).transpose()?,
            retries: rest.retries,
            tenants: rest.tenants,
        })
    }
}

/// A page of notifications, without those that cannot be read.
pub fn list(
    conn: &mut Conn,
    filter: &NotificationFilter,
    page: &Page,
) -> Result<Vec<FailureNotification>, Error> {
    let mut select = failure_notifications::table
        .select(NotificationRow::columns())
        .into_boxed::<MultiBackend>();
    if let Some(status) = filter.status {
        select = select.filter(failure_notifications::status.eq(status.name()));
    }
    if let Some(kind) = filter.kind {
        select = select.filter(failure_notifications::kind.eq(kind.name()));
    }
    if let Some(host) = filter.source_host {
        select = select.filter(failure_notifications::source_host_uuid.eq(host.as_bytes().to_vec()));
    }
    if let Some(since) = filter.generated_since {
        select = select.filter(failure_notifications::generated_time.ge(since));
    }
    let rows: Vec<NotificationRow> = load_page!(conn, select, failure_notifications, page);
    Ok(readable(rows.into_iter().map(FailureNotification::try_from)))
}

/// A notification.
pub fn show(conn: &mut Conn, id: Uuid) -> Result<FailureNotification, Error> {
    let row: NotificationRow = failure_notifications::table
        .select(NotificationRow::columns())
        .filter(failure_notifications::uuid.eq(id.as_bytes().as_slice()))
        .first(conn)?;
    row.try_into()
}

/// Inserts a notification and returns it with its number.
pub(super) fn insert(
    tx: &mut Tx<'_>,
    notification: FailureNotification,
) -> Result<FailureNotification, Error> {
    let row = NewNotificationRow::from(&notification);
    let id = with_each!(tx.conn(), conn => {
        diesel::insert_into(failure_notifications::table)
            .values(&row)
            .execute(conn)?;
        failure_notifications::table
            .select(failure_notifications::id)
            .filter(failure_notifications::uuid.eq(&row.uuid))
            .first(conn)?
    });
    Ok(FailureNotification { id, ..notification })
}

/// Replaces a notification.
pub fn save(tx: &mut Tx<'_>, notification: &FailureNotification) -> Result<(), Error> {
    let row = failure_notifications::table.find(notification.id);
    let set = NewNotificationRow::from(notification);
    require_row(diesel::update(row).set(set).execute(tx.conn())?)
}

/// Whether a notification of a segment's hosts is not final.
pub fn has_open(conn: &mut Conn, segment: Uuid) -> Result<bool, Error> {
    let turn = failure_notifications::turn;
    let open: Option<i64> = failure_notifications::table
        .select(failure_notifications::id)
        .filter(turn.eq(Turn::Worker.name()).or(turn.eq(Turn::Engine.name())))
        .filter(failure_notifications::segment_uuid.eq(segment.as_bytes().as_slice()))
        .first(conn)
        .optional()?;
    Ok(open.is_some())
}

/// The number of notifications with a status, up to `most`.
pub fn count(conn: &mut Conn, status: Status, most: i64) -> Result<i64, Error> {
    let of_status = || failure_notifications::table.filter(failure_notifications::status.eq(status.name()));
    let last = of_status()
        .select(failure_notifications::id)
        .order((failure_notifications::created_at, failure_notifications::id))
        .offset(most.saturating_sub(1))
        .first::<i64>(conn)
        .optional()?;
    if last.is_some() {
        return Ok(most);
    }
    Ok(of_status().count().get_result(conn)?)
}
