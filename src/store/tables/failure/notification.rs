//! The table of notifications.

use diesel::prelude::*;
use uuid::Uuid;

use super::loaded::{Listed, Loaded, listed_columns};
use super::page::{Columns, Page, load_page};
use super::rows::numbered_rows;
use crate::failure::{FailureNotification, ListedNotification, NotificationType, Status};
use crate::store::connection::{Conn, with_backend};
use crate::store::error::{Error, require_row};
use crate::store::schema::failure_notifications;
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

/// Loads a page of the rows that a statement selects, which must be for the database at hand: it reads a row twice as fast.
macro_rules! rows {
    ($conn:ident, $Db:ident, $select:expr, $filter:expr, $page:expr) => {{
        let mut select = $select.into_boxed::<$Db>();
        if let Some(status) = $filter.status {
            select = select.filter(failure_notifications::status.eq(status.name()));
        }
        if let Some(kind) = $filter.kind {
            select = select.filter(failure_notifications::kind.eq(kind.name()));
        }
        if let Some(host) = $filter.source_host {
            select = select.filter(failure_notifications::source_host_uuid.eq(host.as_bytes().to_vec()));
        }
        if let Some(since) = $filter.generated_since {
            select = select.filter(failure_notifications::generated_time.ge(since));
        }
        load_page!($conn, select, failure_notifications, $page)
    }};
}

/// A page of notifications, without those that cannot be read.
pub fn list(
    conn: &mut Conn,
    filter: &NotificationFilter,
    page: &Page,
) -> Result<Vec<FailureNotification>, Error> {
    let select = failure_notifications::table;
    let rows: Vec<Loaded> = with_backend!(conn, (conn, Db) => rows!(conn, Db, select, filter, page));
    Ok(readable(rows.into_iter().map(|Loaded(row)| row)))
}

/// The same, without what the API does not show.
pub fn listed(
    conn: &mut Conn,
    filter: &NotificationFilter,
    page: &Page,
) -> Result<Vec<ListedNotification>, Error> {
    let select = failure_notifications::table.select(listed_columns());
    let rows: Vec<Listed> = with_backend!(conn, (conn, Db) => rows!(conn, Db, select, filter, page));
    Ok(readable(rows.into_iter().map(|Listed(row)| row)))
}

/// A notification.
pub fn show(conn: &mut Conn, id: Uuid) -> Result<FailureNotification, Error> {
    let select =
        failure_notifications::table.filter(failure_notifications::uuid.eq(id.as_bytes().as_slice()));
    let Loaded(found) = select.first(conn)?;
    found
}

/// Inserts a notification and returns it with its number.
pub(super) fn insert(
    tx: &mut Tx<'_>,
    notification: FailureNotification,
) -> Result<FailureNotification, Error> {
    let row = NewNotificationRow::from(&notification);
    let insert = diesel::insert_into(failure_notifications::table).values(&row);
    let select = || {
        let own = failure_notifications::uuid.eq(&row.uuid);
        failure_notifications::table
            .select(failure_notifications::id)
            .filter(own)
    };
    let id: i64 = match tx.conn() {
        #[cfg(feature = "sqlite")]
        Conn::Sqlite(conn) => {
            insert.execute(conn)?;
            select().first(conn)?
        }
        // Each statement is a round trip.
        #[cfg(feature = "postgres")]
        Conn::Postgres(conn) => insert.returning(failure_notifications::id).get_result(conn)?,
        #[cfg(feature = "mysql")]
        Conn::Mysql(conn) => {
            insert.execute(conn)?;
            select().first(conn)?
        }
    };
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
    let open: Option<i64> = failure_notifications::table
        .select(failure_notifications::id)
        .filter(failure_notifications::segment_uuid.eq(segment.as_bytes().as_slice()))
        .filter(failure_notifications::turn.is_not_null())
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
