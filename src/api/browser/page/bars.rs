//! Counts over time as the bars of a chart.

use std::collections::BTreeMap;

use crate::message::{self, Grain, Period};
use crate::page::Moment;
use crate::page::chart::Bar;

/// Returns a bar for each interval of a period, also for those without messages. `href` returns where the bar leads that begins at
/// a time, in microseconds since 1970.
pub fn bars_of(period: Period, found: &[message::Bar], now: i64, href: impl Fn(i64) -> String) -> Vec<Bar> {
    let found: BTreeMap<_, _> = found.iter().map(|bar| (bar.since, bar.counts)).collect();
    let length = period.grain.micros();
    let starts = (0..period.length() / length).map(|index| period.since + index * length);
    let bars = starts.map(|at| {
        let counts = found.get(&at).copied().unwrap_or_default();
        Bar {
            at: Moment { at, now },
            is_day: period.grain == Grain::Day,
            counts: [counts.errors, counts.warnings, counts.infos].map(whole),
            href: href(at),
        }
    });
    bars.collect()
}

/// A count as pages have it.
pub fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
