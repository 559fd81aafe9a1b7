//! Answering questions for a summary.

use super::advance::counted_until;
use super::summary::{bars, ranked};
use crate::message::{LevelCounts, Summary, SummaryBy, SummaryParts, SummaryQuery};
use crate::store::error::Error;
use crate::store::read::Read;

/// Answers a question. `settled_before` is [`Store::settled_before`](crate::store::Store::settled_before) now.
pub fn answer(read: &mut Read<'_>, query: &SummaryQuery, settled_before: i64) -> Result<Summary, Error> {
    let filter = &query.filter;
    let bars = bars(read, filter)?;
    let mut recorded = LevelCounts::default();
    for bar in &bars {
        recorded += bar.counts;
    }
    let parts = match (query.by, query.by.ranking()) {
        (_, Some(by)) => {
            let page = ranked(read, filter, by, query.marker.as_ref(), query.limit)?;
            SummaryParts::Ranks {
                entries: page.entries,
                total: page.total,
                next: page.next,
            }
        }
        (SummaryBy::Level, None) => SummaryParts::Levels,
        (_, None) => SummaryParts::Times(bars),
    };
    Ok(Summary {
        counted_until: counted_until(read, settled_before)?,
        recorded,
        parts,
    })
}
