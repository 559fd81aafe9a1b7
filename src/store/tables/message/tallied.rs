//! Reading what is counted of messages.

use crate::message::Tallied;
use crate::store::error::Error;
use crate::store::schema::messages;
use crate::store::tables::ids;

/// The columns.
pub(in crate::store) type TalliedColumns = (
    messages::project_id,
    messages::event_id,
    messages::message_level,
    messages::created_at,
    messages::id,
);

/// A row of these columns.
pub(in crate::store) type TalliedRow = (String, String, String, i64, Vec<u8>);

pub(in crate::store) fn columns() -> TalliedColumns {
    TalliedColumns::default()
}

pub(in crate::store) fn load(rows: Vec<TalliedRow>) -> Result<Vec<Tallied>, Error> {
    let rows = rows.into_iter().map(|(project, code, level, created_at, id)| {
        let position = ids::position((created_at, id))?;
        Ok(Tallied::new(project, code, &level, position))
    });
    rows.collect()
}
