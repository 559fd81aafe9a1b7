//! Reading events up to some bytes: their payloads may be a thousand times as long as most are.

use crate::event::Envelope;
use crate::store::error::Error;

/// Bytes after which no further events are read for a page or a batch.
pub const ROOM: usize = 8 << 20;

/// Rows of one query. Of the longest events there are, some 110 KiB each, so many take about as much again as [`ROOM`].
const ROWS: usize = 100;

/// Bytes of a row beside its payload, roughly.
const REST: usize = 512;

/// Some events, in their order.
#[derive(Debug, Default)]
pub struct Page {
    /// The events.
    pub events: Vec<Envelope>,
    /// Whether it ends for want of room; there may be more behind the last.
    pub is_cut: bool,
}

/// Reads up to `limit` events and no more once they take `room` bytes; `load` gives so many that stand behind an event.
pub(super) fn fill(
    limit: usize,
    room: usize,
    mut load: impl FnMut(Option<&Envelope>, i64) -> Result<Vec<Envelope>, Error>,
) -> Result<Page, Error> {
    let (mut page, mut used) = (Page::default(), 0);
    while page.events.len() < limit && !page.is_cut {
        let wanted = ROWS.min(limit - page.events.len());
        let rows = load(page.events.last(), i64::try_from(wanted).unwrap_or(i64::MAX))?;
        let is_end = rows.len() < wanted;
        used += rows.iter().map(size).sum::<usize>();
        page.events.extend(rows);
        if is_end {
            break;
        }
        page.is_cut = used >= room;
    }
    Ok(page)
}

/// What an event takes, roughly.
pub(super) fn size(event: &Envelope) -> usize {
    event.payload.len() + event.call_report.as_ref().map_or(0, String::len) + REST
}
