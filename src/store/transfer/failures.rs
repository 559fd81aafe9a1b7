//! Copying failure notifications, with their numbers.

use diesel::prelude::*;

use super::checksum::digits;
use super::table::{Part, Table, first_of, keyed_by_bytes, keyed_by_columns};
use crate::store::connection::{Conn, with_each};
use crate::store::error::Error;
use crate::store::schema::{
    failover_hosts, failover_segments, failure_notifications, failure_steps, failure_updates, failure_vmoves,
};
use crate::store::tables::failure::{HostRow, NotificationRow, SegmentRow, StepRow, UpdateRow, VMoveRow};
use crate::store::transaction::Tx;

keyed_by_bytes!(SegmentRow, failover_segments.uuid, |row| &row.rest.uuid, changes true, select SegmentRow::columns());
keyed_by_bytes!(HostRow, failover_hosts.uuid, |row| &row.rest.uuid, changes true, select HostRow::columns());
keyed_by_bytes!(
    NotificationRow, failure_notifications.uuid, |row| &row.rest.uuid, changes true, select NotificationRow::columns()
);
keyed_by_bytes!(VMoveRow, failure_vmoves.uuid, |row| &row.rest.uuid, changes true, select VMoveRow::columns());
keyed_by_columns!(
    UpdateRow,
    failure_updates (notification_uuid: Vec<u8>, id: Vec<u8>),
    |row| (row.notification_uuid.clone(), row.id.clone()),
    failure_updates::all_columns,
    changes false
);
keyed_by_columns!(
    StepRow,
    failure_steps (notification_uuid: Vec<u8>, id: Vec<u8>),
    |row| (row.notification_uuid.clone(), row.id.clone()),
    failure_steps::all_columns,
    changes false
);

/// The tables with numbers that the database assigns.
const NUMBERED: [&str; 4] = [
    "failover_segments",
    "failover_hosts",
    "failure_notifications",
    "failure_vmoves",
];

/// Makes the database assign numbers after the copied ones.
pub(super) fn raise_ids(tx: &mut Tx<'_>) -> Result<(), Error> {
    NUMBERED
        .iter()
        .try_for_each(|table| tx.conn().continue_numbers(table))
}
