//! The table of segments.

use diesel::prelude::*;
use uuid::Uuid;

use super::notification::has_open;
use super::page::{Columns, Page, load_page};
use super::rows::numbered_rows;
use crate::failure::{RecoveryMethod, Segment};
use crate::store::connection::{Conn, MultiBackend};
use crate::store::error::{Error, require_row};
use crate::store::schema::{failover_hosts, failover_segments};
use crate::store::tables::ids::uuid;
use crate::store::transaction::Tx;

/// What segments can be sorted by.
pub const COLUMNS: Columns = Columns(&[
    ("id", "id"),
    ("uuid", "uuid"),
    ("created_at", "created_at"),
    ("updated_at", "coalesce(updated_at, 0)"),
    ("name", "name"),
    ("service_type", "service_type"),
    ("enabled", "enabled"),
    ("description", "coalesce(description, '')"),
    ("recovery_method", "recovery_method"),
    ("deleted", ""),
    ("deleted_at", ""),
]);

/// Which segments to list.
#[derive(Debug, Clone, Default)]
pub struct SegmentFilter {
    /// Those with this method.
    pub recovery_method: Option<String>,
    /// Those of this service.
    pub service_type: Option<String>,
    /// Those that are enabled, or not.
    pub enabled: Option<bool>,
}

numbered_rows! {
    failover_segments, SegmentRow, NewSegmentRow {
        uuid: Vec<u8>,
        created_at: i64,
        updated_at: Option<i64>,
        name: String,
        service_type: String,
        enabled: bool,
        description: Option<String>,
        recovery_method: String,
    }
}

impl From<&Segment> for NewSegmentRow {
    fn from(segment: &Segment) -> Self {
        Self {
            uuid: segment.uuid.as_bytes().to_vec(),
            created_at: segment.created_at,
            updated_at: segment.updated_at,
            name: segment.name.clone(),
            service_type: segment.service_type.clone(),
            enabled: segment.is_enabled,
            description: segment.description.clone(),
            recovery_method: segment.recovery_method.name().to_owned(),
        }
    }
}

impl TryFrom<SegmentRow> for Segment {
    type Error = Error;

    fn try_from(SegmentRow { id, rest }: SegmentRow) -> Result<Self, Error> {
        let method = RecoveryMethod::from_name(&rest.recovery_method);
        Ok(Self {
            id,
            uuid: uuid(&rest.uuid)?,
            created_at: rest.created_at,
            updated_at: rest.updated_at,
            name: rest.name,
            service_type: rest.service_type,
            is_enabled: rest.enabled,
            description: rest.description,
            recovery_method: method
                .ok_or_else(|| Error::Broken("a segment has an unknown recovery_method".to_owned()))?,
        })
    }
}

/// A page of segments.
pub fn list(conn: &mut Conn, filter: &SegmentFilter, page: &Page) -> Result<Vec<Segment>, Error> {
    let mut select = failover_segments::table
        .select(SegmentRow::columns())
        .into_boxed::<MultiBackend>();
    if let Some(method) = &filter.recovery_method {
        select = select.filter(failover_segments::recovery_method.eq(method));
    }
    if let Some(service) = &filter.service_type {
        select = select.filter(failover_segments::service_type.eq(service));
    }
    if let Some(enabled) = filter.enabled {
        select = select.filter(failover_segments::enabled.eq(enabled));
    }
    let rows: Vec<SegmentRow> = load_page!(conn, select, failover_segments, page);
    rows.into_iter().map(Segment::try_from).collect()
}

/// A segment.
pub fn show(conn: &mut Conn, id: Uuid) -> Result<Segment, Error> {
    let row: SegmentRow = failover_segments::table
        .select(SegmentRow::columns())
        .filter(failover_segments::uuid.eq(id.as_bytes().as_slice()))
        .first(conn)?;
    row.try_into()
}

/// Inserts a segment. [`Error::Conflict`] if there is one of this name.
pub fn insert(tx: &mut Tx<'_>, segment: &Segment) -> Result<Segment, Error> {
    diesel::insert_into(failover_segments::table)
        .values(NewSegmentRow::from(segment))
        .execute(tx.conn())?;
    show(tx.conn(), segment.uuid)
}

/// Replaces a segment. [`Error::Conflict`] if there is another one of this name.
pub fn update(tx: &mut Tx<'_>, segment: &Segment) -> Result<(), Error> {
    let row = failover_segments::table.find(segment.id);
    let set = NewSegmentRow::from(segment);
    require_row(diesel::update(row).set(set).execute(tx.conn())?)
}

/// Deletes a segment with its hosts. [`Error::Conflict`] while a notification of one of them is open.
pub fn delete(tx: &mut Tx<'_>, segment: Uuid) -> Result<(), Error> {
    let id = segment.as_bytes().as_slice();
    // First, so that no report of them comes in between.
    diesel::delete(failover_hosts::table.filter(failover_hosts::segment_uuid.eq(id))).execute(tx.conn())?;
    if has_open(tx.conn(), segment)? {
        return Err(Error::Conflict(
            "a notification of the segment is open".to_owned(),
        ));
    }
    let row = failover_segments::table.filter(failover_segments::uuid.eq(id));
    require_row(diesel::delete(row).execute(tx.conn())?)
}
