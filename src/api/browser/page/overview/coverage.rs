//! The panel of failures without a message of their own.

use super::maker::Maker;
use crate::ingest::gaps::{self, GapCause};
use crate::message::{Period, Scope};
use crate::page::panel::{Health, Panel, PanelRow};
use crate::store;

/// Most kinds of failures.
const MOST: usize = 10;

/// The most frequent kinds of failures of a period that made no message, or only one of an unknown error, each with a draft for
/// the catalog. It has classes of exceptions, never the texts of notifications.
pub async fn panel(maker: &Maker<'_>, period: Period) -> Result<Panel, store::Error> {
    let w = maker.words;
    let found = maker
        .app
        .store
        .search(&Scope::All, move |read| gaps::gaps(read, period));
    let rows = found.await?.into_iter().take(MOST).map(|gap| {
        let (name, state, at) = match gap.cause {
            GapCause::Unmatched {
                event_type,
                reason,
                last_at,
            } => {
                let name = format!("{event_type} {reason}").trim_end().to_owned();
                (name, w.unmatched, Some(maker.moment(last_at)))
            }
            GapCause::Unknown { code, action } => {
                (format!("{code} {action}").trim_end().to_owned(), w.unknown, None)
            }
        };
        PanelRow {
            health: Health::Slow,
            state: state.to_owned(),
            at,
            figures: vec![gap.count.to_string()],
            draft: gap.draft,
            ..PanelRow::new(&name, &gap.service)
        }
    });
    Ok(Panel {
        title: w.coverage,
        heads: vec![w.often],
        rows: rows.collect(),
        empty: w.covered,
    })
}
