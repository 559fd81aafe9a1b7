//! Reading events up to a number of bytes, as their payloads vary in length a thousandfold.

use super::row::EventRow;
use crate::event::Envelope;
use crate::store::error::Error;

/// The size from which a page or a batch takes no further events.
pub const PAGE_BYTES: usize = 8 << 20;

/// Rows of one query. So many of the longest events, some 110 KiB each, take about as much again as [`PAGE_BYTES`].
pub(in crate::store) const PAGE_ROWS: usize = 100;

/// Some events, in order.
#[derive(Debug, Default)]
pub struct EventPage {
    /// The events.
    pub events: Vec<Envelope>,
    /// Whether it was cut because of its size, so that there may be more events.
    pub is_cut: bool,
}

/// Reads up to `limit` events, and no more once they take `most_bytes`. `load` returns up to a number of events after another.
pub(super) fn fill(
    limit: usize,
    most_bytes: usize,
    mut load: impl FnMut(Option<&Envelope>, i64) -> Result<Vec<Envelope>, Error>,
) -> Result<EventPage, Error> {
    let (mut page, mut used) = (EventPage::default(), 0);
    while page.events.len() < limit && !page.is_cut {
        let wanted = PAGE_ROWS.min(limit - page.events.len());
        let rows = load(page.events.last(), i64::try_from(wanted).unwrap_or(i64::MAX))?;
        let is_end = rows.len() < wanted;
        used += rows
            .iter()
            .map(|event| EventRow::from(event).size())
            .sum::<usize>();
        page.events.extend(rows);
        if is_end {
            break;
        }
        page.is_cut = used >= most_bytes;
    }
    Ok(page)
}
