//! Rows of listeners.

use diesel::prelude::*;

use crate::listener::{Reach, StoredListener};
use crate::store::error::Error;
use crate::store::schema::listeners;
use crate::store::tables::delivery::target;
use crate::store::tables::ids::uuid;
use crate::store::tables::subscription::CLOUD;

/// A row of the table.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Queryable, Insertable, AsChangeset)]
#[diesel(table_name = listeners)]
#[diesel(treat_none_as_default_value = false, treat_none_as_null = true)]
pub(in crate::store) struct ListenerRow {
    pub(in crate::store) id: Vec<u8>,
    target: String,
    project_id: String,
    name: Option<String>,
    notifier_type: String,
    is_enabled: bool,
    settings: String,
    secrets: Option<Vec<u8>>,
    created_at: i64,
    updated_at: i64,
    failing_since: Option<i64>,
    disabled_reason: Option<String>,
    digest_due: Option<i64>,
    failures: i32,
    failed_at: Option<i64>,
    is_hidden: bool,
}

impl From<&StoredListener> for ListenerRow {
    fn from(listener: &StoredListener) -> Self {
        Self {
            id: listener.id.as_bytes().to_vec(),
            target: target(listener.id),
            project_id: listener.reach.project().unwrap_or(CLOUD).to_owned(),
            name: listener.name.clone(),
            notifier_type: listener.notifier_type.clone(),
            is_enabled: listener.is_enabled,
            settings: listener.settings.clone(),
            secrets: listener.secrets.clone(),
            created_at: listener.created_at,
            updated_at: listener.updated_at,
            failing_since: listener.failing_since,
            disabled_reason: listener.disabled_reason.clone(),
            digest_due: None,
            // A change is a new beginning: what failed before counts no more.
            failures: 0,
            failed_at: None,
            is_hidden: listener.is_hidden(),
        }
    }
}

impl TryFrom<ListenerRow> for StoredListener {
    type Error = Error;

    fn try_from(row: ListenerRow) -> Result<Self, Error> {
        Ok(Self {
            id: uuid(&row.id)?,
            reach: if row.project_id == CLOUD {
                Reach::Cloud
            } else {
                Reach::Project(row.project_id)
            },
            name: row.name,
            notifier_type: row.notifier_type,
            is_enabled: row.is_enabled,
            settings: row.settings,
            secrets: row.secrets,
            created_at: row.created_at,
            updated_at: row.updated_at,
            failing_since: row.failing_since,
            disabled_reason: row.disabled_reason,
        })
    }
}
