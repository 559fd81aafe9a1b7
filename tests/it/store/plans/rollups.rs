//! The statements of roll-ups.

use tidings::catalog::Level;
use tidings::message::{CountFilter, Period, Ranking};
use tidings::store::rollup::{self, Kept};
use tidings::store::{Error, Read, Store, message};

use super::fill::FIRST;
use crate::support::NOW;

const DAY: i64 = 86_400_000_000;

/// Counts a batch, and reads every kind of summary.
pub async fn run(store: &Store) {
    let kept = Kept {
        hours: DAY,
        days: DAY,
    };
    let more = store.write(move |tx| rollup::advance(tx, NOW, kept)).await;
    assert_eq!(more, Ok(true));
    store.write(|tx| message::purge(tx, FIRST, 10)).await.unwrap();
    store.read(reads).await.unwrap();
}

fn reads(read: &mut Read<'_>) -> Result<(), Error> {
    assert!(rollup::is_due(read, NOW)?);
    rollup::counted_until(read, NOW)?;
    let text = |text: &str| Some(text.to_owned());
    for (project, service, codes) in [
        (None, None, None),
        (text("p1"), None, None),
        (None, text("volume"), None),
        (None, None, Some(vec!["c1".to_owned(), "c2".to_owned()])),
        (text("p1"), text("volume"), Some(vec!["c1".to_owned()])),
    ] {
        let filter = CountFilter {
            period: Period::containing(FIRST, FIRST + 10, 0),
            project,
            service,
            codes,
            level: Some(Level::Error),
        };
        rollup::bars(read, &filter)?;
        for by in Ranking::ALL {
            rollup::ranked(read, &filter, by, None, 10)?;
        }
    }
    Ok(())
}
