//! Ticks in a list: each stands for a message, or for repeats that stand together.

use uuid::Uuid;

use crate::catalog::canonical_uuid;
use crate::message::{Column, Condition, Query, Scope};
use crate::store;
use crate::store::backend::Conn;
use crate::store::message::Row;

/// Messages that one form is about at most.
pub const MOST: usize = 1000;

/// A tick: the newest message and the oldest, which are one unless it stands for repeats.
#[derive(Debug, Clone, Copy)]
pub struct Tick {
    newest: Uuid,
    oldest: Uuid,
}

impl Tick {
    /// The tick that a form's value stands for.
    pub fn parse(value: &str) -> Option<Self> {
        let (newest, oldest) = value.split_once('_').unwrap_or((value, value));
        Some(Self {
            newest: canonical_uuid(newest)?,
            oldest: canonical_uuid(oldest)?,
        })
    }

    /// Calls `visit` with the newest of its messages that is still there, and then with those that say the same of the
    /// same resource, back to the oldest, as far as `shown`, the conditions of the list, lets them be seen.
    pub fn rows(
        self,
        conn: &mut Conn,
        scope: &Scope,
        shown: &[Condition],
        visit: &mut dyn FnMut(&Row),
    ) -> Result<(), store::Error> {
        let newest = match store::message::show(conn, scope, self.newest) {
            Ok(row) => row,
            Err(store::Error::NotFound) => return Ok(()),
            Err(error) => return Err(error),
        };
        visit(&newest);
        if self.newest == self.oldest {
            return Ok(());
        }
        let (Some(resource), Ok(oldest)) = (
            newest.resource_uuid(),
            store::message::show(conn, scope, self.oldest),
        ) else {
            return Ok(());
        };
        let mut conditions = vec![
            Condition::Equals(Column::EventId, newest.event_id().to_owned()),
            Condition::Equals(Column::ResourceUuid, resource.to_owned()),
            Condition::Since(Column::CreatedAt, oldest.created_at),
        ];
        conditions.extend_from_slice(shown);
        let query = Query {
            conditions,
            ..Query::newest(scope.clone(), i64::try_from(MOST).unwrap_or(i64::MAX))
        };
        store::message::list_after(conn, &query, Some(&newest), visit)
    }
}
