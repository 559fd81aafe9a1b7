//! The panels of the operators' view, in their order.

use super::{failures, flow, listeners, upkeep};
use crate::api::app::App;
use crate::page::panel::{Panel, PanelWords, panel_words};
use crate::page::{Layout, Moment};
use crate::store;

/// What all panels are made from.
pub struct Maker<'a> {
    /// The server's parts.
    pub app: &'a App,
    /// The page's frame.
    pub layout: &'a Layout,
    /// The texts.
    pub words: &'static PanelWords,
    /// The time, in microseconds since 1970.
    pub now: i64,
}

impl Maker<'_> {
    /// A time on the page.
    pub fn moment(&self, at: i64) -> Moment {
        Moment { at, now: self.now }
    }
}

/// Returns all panels at `now`. None reads more than a page of rows of each table.
pub async fn all(app: &App, layout: &Layout, now: i64) -> Result<Vec<Panel>, store::Error> {
    let maker = Maker {
        app,
        layout,
        words: panel_words(layout.language),
        now,
    };
    let [listeners, dead] = listeners::panels(&maker).await?;
    Ok(vec![
        listeners,
        dead,
        flow::drivers(&maker).await?,
        flow::sources(&maker),
        failures::panel(&maker).await?,
        upkeep::panel(&maker).await?,
    ])
}
