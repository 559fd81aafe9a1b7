//! A part of the list: what was recorded in the last days, by level.

use super::chart::Chart;
use super::item::Level;

/// The counts of the last days. `trend.html` shows it.
#[derive(Debug)]
pub struct Trend {
    /// A bar for each day of UTC, the last of which is today.
    pub chart: Chart,
}

impl Trend {
    /// Whether there is nothing to show.
    pub fn is_empty(&self) -> bool {
        self.chart.is_empty()
    }

    /// The number of messages that were recorded today.
    pub fn today(&self) -> i64 {
        self.chart.bars.last().map_or(0, super::chart::Bar::total)
    }

    /// The levels that were recorded, each with its number.
    pub fn levels(&self) -> Vec<(Level, i64)> {
        let levels = ["ERROR", "WARNING", "INFO"].map(|level| Level(level.to_owned()));
        let levels = levels.into_iter().zip(self.chart.totals());
        levels.filter(|(_, count)| *count > 0).collect()
    }
}
