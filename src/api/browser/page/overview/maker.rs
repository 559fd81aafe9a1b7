//! What the panels are made from.

use crate::api::app::App;
use crate::page::panel::PanelWords;
use crate::page::{Layout, Moment};

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
