//! The table of moves of virtual machines.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable};
use uuid::Uuid;

use super::page::{Columns, Page, load_page};
use super::rows::numbered_rows;
use crate::failure::{VMove, VMoveStatus};
use crate::store::connection::{Conn, MultiBackend};
use crate::store::error::Error;
use crate::store::schema::failure_vmoves;
use crate::store::tables::ids::uuid;
use crate::store::transaction::Tx;

/// What moves can be sorted by.
pub const COLUMNS: Columns = Columns(&[
    ("id", "id"),
    ("uuid", "uuid"),
    ("created_at", "created_at"),
    ("updated_at", "coalesce(updated_at, 0)"),
    ("notification_uuid", "notification_uuid"),
    ("instance_uuid", "instance_uuid"),
    ("instance_name", "coalesce(instance_name, '')"),
    ("source_host", "coalesce(source_host, '')"),
    ("dest_host", "coalesce(dest_host, '')"),
    ("start_time", "coalesce(start_time, 0)"),
    ("end_time", "coalesce(end_time, 0)"),
    ("type", "coalesce(kind, '')"),
    ("status", "status"),
    ("message", "coalesce(message, '')"),
    ("deleted", ""),
    ("deleted_at", ""),
]);

/// Which moves of a notification to list.
#[derive(Debug, Clone, Default)]
pub struct VMoveFilter {
    /// Those of this type.
    pub kind: Option<String>,
    /// Those with this status.
    pub status: Option<String>,
}

numbered_rows! {
    failure_vmoves, VMoveRow, NewVMoveRow {
        uuid: Vec<u8>,
        created_at: i64,
        updated_at: Option<i64>,
        notification_uuid: Vec<u8>,
        instance_uuid: String,
        instance_name: Option<String>,
        source_host: Option<String>,
        dest_host: Option<String>,
        start_time: Option<i64>,
        end_time: Option<i64>,
        kind: Option<String>,
        status: String,
        message: Option<String>,
    }
}

impl From<&VMove> for NewVMoveRow {
    fn from(of: &VMove) -> Self {
        let of = of.clone();
        Self {
            uuid: of.uuid.as_bytes().to_vec(),
            created_at: of.created_at,
            updated_at: of.updated_at,
            notification_uuid: of.notification_uuid.as_bytes().to_vec(),
            instance_uuid: of.instance_uuid,
            instance_name: of.instance_name,
            source_host: of.source_host,
            dest_host: of.dest_host,
            start_time: of.start_time,
            end_time: of.end_time,
            kind: of.kind,
            status: of.status.name().to_owned(),
            message: of.message,
        }
    }
}

impl TryFrom<VMoveRow> for VMove {
    type Error = Error;

    fn try_from(VMoveRow { id, rest }: VMoveRow) -> Result<Self, Error> {
        let status = VMoveStatus::from_name(&rest.status);
        Ok(Self {
            id,
            uuid: uuid(&rest.uuid)?,
            created_at: rest.created_at,
            updated_at: rest.updated_at,
            notification_uuid: uuid(&rest.notification_uuid)?,
            instance_uuid: rest.instance_uuid,
            instance_name: rest.instance_name,
            source_host: rest.source_host,
            dest_host: rest.dest_host,
            start_time: rest.start_time,
            end_time: rest.end_time,
            kind: rest.kind,
            status: status.ok_or_else(|| Error::Broken("a move has an unknown status".to_owned()))?,
            message: rest.message,
        })
    }
}

/// A page of the moves of a notification.
pub fn list(
    conn: &mut Conn,
    notification: Uuid,
    filter: &VMoveFilter,
    page: &Page,
) -> Result<Vec<VMove>, Error> {
    let mut select = failure_vmoves::table
        .select(VMoveRow::columns())
        .filter(failure_vmoves::notification_uuid.eq(notification.as_bytes().to_vec()))
        .into_boxed::<MultiBackend>();
    if let Some(kind) = &filter.kind {
        select = select.filter(failure_vmoves::kind.eq(kind));
    }
    if let Some(status) = &filter.status {
        select = select.filter(failure_vmoves::status.eq(status));
    }
    let rows: Vec<VMoveRow> = load_page!(conn, select, failure_vmoves, page);
    rows.into_iter().map(VMove::try_from).collect()
}

/// A move of a notification.
pub fn show(conn: &mut Conn, notification: Uuid, id: Uuid) -> Result<VMove, Error> {
    let row: VMoveRow = failure_vmoves::table
        .select(VMoveRow::columns())
        .filter(failure_vmoves::uuid.eq(id.as_bytes().as_slice()))
        .filter(failure_vmoves::notification_uuid.eq(notification.as_bytes().as_slice()))
        .first(conn)?;
    row.try_into()
}

/// When an engine last reported a move that was new.
pub fn last_move_at(conn: &mut Conn, notification: Uuid) -> Result<Option<i64>, Error> {
    let last = failure_vmoves::table
        .select(sql::<Nullable<BigInt>>("max(coalesce(updated_at, created_at))"))
        .filter(failure_vmoves::notification_uuid.eq(notification.as_bytes().as_slice()));
    Ok(last.first(conn)?)
}

/// Writes a move: in place of the notification's earlier one of the same virtual machine, whose id and creation it keeps.
pub fn save(tx: &mut Tx<'_>, vmove: &VMove) -> Result<(), Error> {
    let known: Option<(i64, Vec<u8>, i64)> = failure_vmoves::table
        .select((
            failure_vmoves::id,
            failure_vmoves::uuid,
            failure_vmoves::created_at,
        ))
        .filter(failure_vmoves::notification_uuid.eq(vmove.notification_uuid.as_bytes().as_slice()))
        .filter(failure_vmoves::instance_uuid.eq(&vmove.instance_uuid))
        .first(tx.conn())
        .optional()?;
    let row = NewVMoveRow::from(vmove);
    match known {
        Some((id, uuid, created_at)) => diesel::update(failure_vmoves::table.find(id))
            .set(NewVMoveRow {
                uuid,
                created_at,
                ..row
            })
            .execute(tx.conn())?,
        None => diesel::insert_into(failure_vmoves::table)
            .values(row)
            .execute(tx.conn())?,
    };
    Ok(())
}
