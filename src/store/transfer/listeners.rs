//! Copying listeners, what they subscribe to, and the confirmations of e-mail addresses.

use diesel::prelude::*;

use super::checksum::digits;
use super::table::{Part, Table, first_of, keyed_by_bytes, keyed_by_columns};
use crate::store::connection::{Conn, with_each};
use crate::store::error::Error;
use crate::store::schema::{confirmations, listeners, subscriptions};
use crate::store::tables::confirmation::ConfirmationRow;
use crate::store::tables::listener::ListenerRow;
use crate::store::tables::subscription::SubscriptionRow;
use crate::store::transaction::Tx;

keyed_by_bytes!(ListenerRow, listeners.id, |row| &row.id, changes true);
keyed_by_columns!(
    SubscriptionRow,
    subscriptions (event_type: String, project_id: String, listener_id: Vec<u8>),
    |row| (row.event_type.clone(), row.project_id.clone(), row.listener_id.clone()),
    subscriptions::all_columns,
    changes true
);
keyed_by_columns!(
    ConfirmationRow,
    confirmations (project_id: String, address: String),
    |row| (row.project_id.clone(), row.address.clone()),
    confirmations::all_columns,
    changes true
);
