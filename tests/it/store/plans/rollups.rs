//! The statements of roll-ups.

use tidings::catalog::Level;
use tidings::message::{CountFilter, Kept, Period, Ranking};
use tidings::store::{Error, Read, Store, ingest, message, rollup};

use super::fill::FIRST;
use crate::support::NOW;

const DAY: i64 = 86_400_000_000;

/// Counts a batch, and reads every kind of summary.
pub async fn run(store: &Store) {
    let kept = Kept {
        hours: i64::MAX / 4,
        days: i64::MAX / 4,
    };
    let more = store.write(move |tx| rollup::advance(tx, NOW, kept)).await;
    assert_eq!(more, Ok(true));
    store.write(|tx| message::purge(tx, FIRST, 10)).await.unwrap();
    store.read(reads).await.unwrap();
}

fn reads(read: &mut Read<'_>) -> Result<(), Error> {
    assert!(rollup::progress(read, NOW)?.is_due);
    rollup::counted_until(read, NOW)?;
    ingest::unmatched(read)?;
    let text = |text: &str| Some(text.to_owned());
    let hours = Period::containing(FIRST, FIRST + 10, 0);
    // By day, and of hours and days together.
    for until in [FIRST + 90 * DAY, FIRST + 3 * DAY] {
        let filter = CountFilter::all(Period::containing(FIRST, until, 0));
        rollup::bars(read, &filter)?;
        for by in Ranking::ALL {
            rollup::ranked(read, &filter, by, None, 10)?;
        }
    }
    for (project, service, codes) in [
        (None, None, None),
        (text("p1"), None, None),
        (None, text("volume"), None),
        (None, None, Some(vec!["c1".to_owned(), "c2".to_owned()])),
        (text("p1"), text("volume"), Some(vec!["c1".to_owned()])),
    ] {
        let filter = CountFilter {
            period: hours,
            before: Some(hours.before()),
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
