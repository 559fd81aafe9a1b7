//! Times as people read them: how long ago, and when exactly.

use super::words::Words;
use crate::message::time;

/// A time on a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Microseconds since 1970, UTC.
    pub at: i64,
    /// When the page is read, in microseconds since 1970, UTC.
    pub now: i64,
}

impl Moment {
    /// For machines: `2026-11-21T03:20:24Z`.
    pub fn machine(&self) -> String {
        format!("{}Z", self.text(19))
    }

    /// To the minute: `2026-11-21 03:20 UTC`.
    pub fn exact(&self) -> String {
        format!("{} UTC", self.text(16).replace('T', " "))
    }

    /// The day alone: `2026-11-21`.
    pub fn day(&self) -> String {
        self.text(10)
    }

    /// As the browser's field for a time takes it, to the second: `2026-11-21T03:20:24`.
    pub fn field(&self) -> String {
        self.text(19)
    }

    /// The same a second later: the end of the second in which it is.
    #[must_use]
    pub fn next_second(self) -> Self {
        Self {
            at: self.at.saturating_add(time::SECOND),
            ..self
        }
    }

    /// How long ago, in the page's language; the date for what is long ago or still to come.
    pub fn ago(&self, words: &Words) -> String {
        let seconds = (self.now - self.at) / time::SECOND;
        match seconds {
            // Clocks differ a little.
            -60..60 => words.just_now.to_owned(),
            60..3600 => words.minutes_ago.of(seconds / 60),
            3600..86_400 => words.hours_ago.of(seconds / 3600),
            86_400..2_592_000 => words.days_ago.of(seconds / 86_400),
            _ => self.day(),
        }
    }

    /// The beginning of the wire form, which is ASCII.
    fn text(&self, length: usize) -> String {
        time::format(self.at).chars().take(length).collect()
    }
}
