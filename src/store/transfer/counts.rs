//! Copying how many messages were recorded, and how far they are counted: the target goes on from there.

use diesel::prelude::*;

use super::table::{Part, Table, first_of, keyed_by_columns};
use crate::store::connection::{Conn, with_each};
use crate::store::error::Error;
use crate::store::schema::{recorded_counts, recorded_until, unmatched_notifications};
use crate::store::tables::ingest::UnmatchedRow;
use crate::store::tables::rollup::{CountRow, UntilRow};
use crate::store::transaction::Tx;

keyed_by_columns!(
    CountRow,
    recorded_counts (project_id: String, grain: i16, begins_at: i64, service: String, code: String),
    |row| (row.project_id.clone(), row.grain, row.begins_at, row.service.clone(), row.code.clone()),
    recorded_counts::all_columns,
    changes true
);
keyed_by_columns!(
    UntilRow,
    recorded_until (id: i32),
    |row| (row.id,),
    recorded_until::all_columns,
    changes true
);
keyed_by_columns!(
    UnmatchedRow,
    unmatched_notifications (publisher: String, event_type: String, reason: String),
    |row| (row.publisher.clone(), row.event_type.clone(), row.reason.clone()),
    unmatched_notifications::all_columns,
    changes true
);
