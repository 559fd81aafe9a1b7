//! The panels of the operators' view, in their order.

use super::maker::Maker;
use super::{coverage, failures, flow, listeners, upkeep};
use crate::api::app::App;
use crate::message::Period;
use crate::page::Layout;
use crate::page::panel::{Panel, panel_words};
use crate::store;

/// Returns all panels at `now`, in microseconds since 1970; that of coverage is about a period. Each reads a bounded number of
/// rows: coverage up to 1000 codes and 2000 kinds of notifications, listeners up to 2000 deliveries for each of 50, the others a page.
pub async fn all(app: &App, layout: &Layout, period: Period, now: i64) -> Result<Vec<Panel>, store::Error> {
    let maker = Maker {
        app,
        layout,
        words: panel_words(layout.language),
        now,
    };
    let [listeners, dead] = listeners::panels(&maker).await?;
    Ok(vec![
        coverage::panel(&maker, period).await?,
        listeners,
        dead,
        flow::drivers(&maker).await?,
        flow::sources(&maker),
        failures::panel(&maker).await?,
        upkeep::panel(&maker).await?,
    ])
}
