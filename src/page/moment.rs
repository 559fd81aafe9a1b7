//! Human-readable times: relative and exact.

use super::words::Words;
use crate::message::time;

/// A time on a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Microseconds since 1970, UTC.
    pub at: i64,
    /// When the page is rendered, in microseconds since 1970, UTC.
    pub now: i64,
}

impl Moment {
    /// Returns the machine-readable form: `2026-11-21T03:20:24Z`.
    pub fn machine(&self) -> String {
        format!("{}Z", self.text(19))
    }

    /// Returns the time to the minute: `2026-11-21 03:20 UTC`.
    pub fn exact(&self) -> String {
        format!("{} UTC", self.text(16).replace('T', " "))
    }

    /// Returns the date: `2026-11-21`.
    pub fn day(&self) -> String {
        self.text(10)
    }

    /// Returns the value of a browser's time field, to the second: `2026-11-21T03:20:24`.
    pub fn field(&self) -> String {
        self.text(19)
    }

    /// Returns the end of the second that contains it.
    #[must_use]
    pub fn next_second(self) -> Self {
        Self {
            at: self.at.saturating_add(time::SECOND),
            ..self
        }
    }

    /// Returns how long ago it was, in the page's language; the date if it was long ago or lies ahead.
    pub fn ago(&self, words: &Words) -> String {
        let seconds = (self.now - self.at) / time::SECOND;
        match seconds {
            // Clocks differ slightly.
            -60..60 => words.just_now.to_owned(),
            60..3600 => words.minutes_ago.of(seconds / 60),
            3600..86_400 => words.hours_ago.of(seconds / 3600),
            86_400..2_592_000 => words.days_ago.of(seconds / 86_400),
            _ => self.day(),
        }
    }

    /// Returns the start of the wire form, which is ASCII.
    fn text(&self, length: usize) -> String {
        time::format(self.at).chars().take(length).collect()
    }
}
