//! What was recorded in a project in the last days.

use super::bars::bars_of;
use super::visit::Visit;
use crate::api::error::Error;
use crate::message::{CountFilter, Grain, Period};
use crate::page::chart::Chart;
use crate::page::trend::Trend;
use crate::page::{Filters, Layout, Moment};
use crate::store::rollup;

/// The days before today.
const DAYS: i64 = 13;

/// The size of the chart, in units of the drawing.
const SIZE: (f64, f64) = (210.0, 32.0);

/// Returns the counts of the last days at `now`. Each bar leads to the list of its day, with the other filters kept.
pub async fn of(visit: &Visit, layout: &Layout, filters: &Filters, now: i64) -> Result<Trend, Error> {
    let day = Grain::Day.micros();
    let period = Period::containing(now - DAYS * day, now, i64::MAX);
    let filter = CountFilter {
        project: Some(visit.project.clone()),
        ..CountFilter::all(period)
    };
    let found = visit
        .app
        .store
        .read(move |read| rollup::bars(read, &filter))
        .await?;
    let bars = bars_of(period, &found, now, |at| {
        let filters = Filters {
            since: Moment { at, now }.day(),
            before: Moment { at: at + day, now }.day(),
            ..filters.clone()
        };
        layout.list(filters.query())
    });
    Ok(Trend {
        chart: Chart {
            bars,
            size: SIZE,
            has_axes: false,
        },
    })
}
