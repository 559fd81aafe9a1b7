//! The table of hosts.

use diesel::prelude::*;
use uuid::Uuid;

use super::page::{Columns, Page, load_page};
use super::rows::numbered_rows;
use crate::failure::Host;
use crate::store::connection::{Conn, MultiBackend};
use crate::store::error::{Error, require_row};
use crate::store::schema::failover_hosts;
use crate::store::tables::ids::uuid;
use crate::store::transaction::Tx;

/// What hosts can be sorted by.
pub const COLUMNS: Columns = Columns(&[
    ("id", "id"),
    ("uuid", "uuid"),
    ("created_at", "created_at"),
    ("updated_at", "coalesce(updated_at, 0)"),
    ("name", "name"),
    ("type", "kind"),
    ("control_attributes", "control_attributes"),
    ("reserved", "reserved"),
    ("on_maintenance", "on_maintenance"),
    ("failover_segment_id", "segment_uuid"),
    ("deleted", ""),
    ("deleted_at", ""),
]);

/// Which hosts of a segment to list.
#[derive(Debug, Clone, Default)]
pub struct HostFilter {
    /// Those of this type.
    pub kind: Option<String>,
    /// Those that are under maintenance, or not.
    pub on_maintenance: Option<bool>,
    /// Those that are reserved, or not.
    pub reserved: Option<bool>,
}

numbered_rows! {
    failover_hosts, HostRow, NewHostRow {
        uuid: Vec<u8>,
        created_at: i64,
        updated_at: Option<i64>,
        name: String,
        kind: String,
        control_attributes: String,
        reserved: bool,
        on_maintenance: bool,
        segment_uuid: Vec<u8>,
    } also reports: i64
}

impl From<&Host> for NewHostRow {
    fn from(host: &Host) -> Self {
        Self {
            uuid: host.uuid.as_bytes().to_vec(),
            created_at: host.created_at,
            updated_at: host.updated_at,
            name: host.name.clone(),
            kind: host.kind.clone(),
            control_attributes: host.control_attributes.clone(),
            reserved: host.is_reserved,
            on_maintenance: host.on_maintenance,
            segment_uuid: host.segment_uuid.as_bytes().to_vec(),
        }
    }
}

impl TryFrom<HostRow> for Host {
    type Error = Error;

    fn try_from(HostRow { id, rest, .. }: HostRow) -> Result<Self, Error> {
        Ok(Self {
            id,
            uuid: uuid(&rest.uuid)?,
            created_at: rest.created_at,
            updated_at: rest.updated_at,
            name: rest.name,
            kind: rest.kind,
            control_attributes: rest.control_attributes,
            is_reserved: rest.reserved,
            on_maintenance: rest.on_maintenance,
            segment_uuid: uuid(&rest.segment_uuid)?,
        })
    }
}

/// A page of the hosts of a segment.
pub fn list(conn: &mut Conn, segment: Uuid, filter: &HostFilter, page: &Page) -> Result<Vec<Host>, Error> {
    let mut select = failover_hosts::table
        .select(HostRow::columns())
        .filter(failover_hosts::segment_uuid.eq(segment.as_bytes().to_vec()))
        .into_boxed::<MultiBackend>();
    if let Some(kind) = &filter.kind {
        select = select.filter(failover_hosts::kind.eq(kind));
    }
    if let Some(on_maintenance) = filter.on_maintenance {
        select = select.filter(failover_hosts::on_maintenance.eq(on_maintenance));
    }
    if let Some(reserved) = filter.reserved {
        select = select.filter(failover_hosts::reserved.eq(reserved));
    }
    let rows: Vec<HostRow> = load_page!(conn, select, failover_hosts, page);
    rows.into_iter().map(Host::try_from).collect()
}

/// A host, of this segment if one is given.
pub fn show(conn: &mut Conn, id: Uuid, segment: Option<Uuid>) -> Result<Host, Error> {
    let row: HostRow = failover_hosts::table
        .select(HostRow::columns())
        .filter(failover_hosts::uuid.eq(id.as_bytes().as_slice()))
        .first(conn)?;
    let host = Host::try_from(row)?;
    match segment {
        Some(segment) if host.segment_uuid != segment => Err(Error::NotFound),
        _ => Ok(host),
    }
}

/// Inserts a host. [`Error::Conflict`] if there is one of this name, [`Error::NotFound`] if its segment is gone.
pub fn insert(tx: &mut Tx<'_>, host: &Host) -> Result<Host, Error> {
    diesel::insert_into(failover_hosts::table)
        .values((NewHostRow::from(host), failover_hosts::reports.eq(0)))
        .execute(tx.conn())?;
    show(tx.conn(), host.uuid, None)
}

/// Replaces a host. [`Error::Conflict`] if there is another one of this name.
pub fn update(tx: &mut Tx<'_>, host: &Host) -> Result<(), Error> {
    let row = failover_hosts::table.find(host.id);
    let set = NewHostRow::from(host);
    require_row(diesel::update(row).set(set).execute(tx.conn())?)
}

/// Locks a host's row until the commit: reports about it wait, and so does the worker that puts it under maintenance.
pub fn lock(tx: &mut Tx<'_>, host: Uuid) -> Result<(), Error> {
    let bytes = host.as_bytes().as_slice();
    let row = failover_hosts::table.filter(failover_hosts::uuid.eq(bytes));
    diesel::update(row)
        .set(failover_hosts::uuid.eq(bytes))
        .execute(tx.conn())?;
    Ok(())
}

/// Deletes a host.
pub fn delete(tx: &mut Tx<'_>, host: Uuid) -> Result<(), Error> {
    let row = failover_hosts::table.filter(failover_hosts::uuid.eq(host.as_bytes().as_slice()));
    require_row(diesel::delete(row).execute(tx.conn())?)
}
