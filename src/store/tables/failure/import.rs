//! Importing rows with the numbers and ids that they have elsewhere.

use diesel::prelude::*;
use uuid::Uuid;

use super::host::NewHostRow;
use super::notification::NewNotificationRow;
use super::segment::NewSegmentRow;
use super::vmove::NewVMoveRow;
use crate::failure::{FailureNotification, Host, Segment, VMove};
use crate::store::error::Error;
use crate::store::schema::{failover_hosts, failover_segments, failure_notifications, failure_vmoves};
use crate::store::transaction::Tx;

/// What is imported.
#[derive(Debug, Clone)]
pub enum Import {
    /// A segment.
    Segment(Segment),
    /// A host.
    Host(Host),
    /// A notification.
    Notification(Box<FailureNotification>),
    /// A move.
    VMove(VMove),
}

/// Inserts a row unless its id is known.
macro_rules! insert {
    ($tx:expr, $table:ident, $of:expr, $row:expr) => {{
        let id = $of.uuid.as_bytes().as_slice();
        let known: Option<i64> = $table::table
            .select($table::id)
            .filter($table::uuid.eq(id))
            .first($tx.conn())
            .optional()?;
        if known.is_some() {
            return Ok(false);
        }
        let taken: Option<i64> = $table::table
            .select($table::id)
            .find($of.id)
            .first($tx.conn())
            .optional()?;
        let insert = diesel::insert_into($table::table);
        match taken {
            // Only then it gets another number.
            Some(_) => insert.values($row).execute($tx.conn())?,
            None => insert.values(($table::id.eq($of.id), $row)).execute($tx.conn())?,
        };
        $tx.conn().continue_numbers(stringify!($table))?;
        Ok(true)
    }};
}

impl Import {
    /// Its id.
    pub fn uuid(&self) -> Uuid {
        match self {
            Self::Segment(segment) => segment.uuid,
            Self::Host(host) => host.uuid,
            Self::Notification(notification) => notification.uuid,
            Self::VMove(vmove) => vmove.uuid,
        }
    }

    /// Inserts it and returns true, or false if its id is known. [`Error::Conflict`] if another row has its name,
    /// [`Error::NotFound`] if the segment of a host is missing, or the host of a notification that is not final.
    pub fn insert(&self, tx: &mut Tx<'_>) -> Result<bool, Error> {
        match self {
            Self::Segment(of) => insert!(tx, failover_segments, of, NewSegmentRow::from(of)),
            Self::Host(of) => {
                insert!(
                    tx,
                    failover_hosts,
                    of,
                    (NewHostRow::from(of), failover_hosts::reports.eq(0))
                )
            }
            // Without its host, it would be ignored.
            Self::Notification(of) if !of.status.is_final() && !has_host(tx, of.source_host_uuid)? => {
                Err(Error::NotFound)
            }
            Self::Notification(of) => {
                insert!(
                    tx,
                    failure_notifications,
                    of,
                    NewNotificationRow::from(of.as_ref())
                )
            }
            Self::VMove(of) => insert!(tx, failure_vmoves, of, NewVMoveRow::from(of)),
        }
    }
}

fn has_host(tx: &mut Tx<'_>, uuid: Uuid) -> Result<bool, Error> {
    let host = failover_hosts::table
        .select(failover_hosts::id)
        .filter(failover_hosts::uuid.eq(uuid.as_bytes().as_slice()));
    Ok(host.first::<i64>(tx.conn()).optional()?.is_some())
}
