//! How many messages were recorded: in a period, of a project, a service, codes and a level.

use super::position::Position;
use super::row::Message;
use super::time::SECOND;
use crate::catalog::{self, Level};
use crate::named::named;

/// Microseconds of an hour.
const HOUR: i64 = 3600 * SECOND;

/// Microseconds of a day.
const DAY: i64 = 24 * HOUR;

/// The longest period whose counts are shown by hour, in microseconds.
pub const LONGEST_HOURLY: i64 = 7 * DAY;

/// The longest period, in microseconds.
pub const LONGEST_PERIOD: i64 = 400 * DAY;

/// The parts of a trend.
pub const TREND: usize = 12;

/// The service of codes that no service of the catalog has.
pub const UNKNOWN_SERVICE: &str = "unknown";

/// The length of the intervals that messages are counted in. They begin at full hours and at midnight, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grain {
    /// Hours.
    Hour = 0,
    /// Days.
    Day = 1,
}

impl Grain {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Hour, Self::Day];

    /// Returns the length in microseconds.
    pub fn micros(self) -> i64 {
        match self {
            Self::Hour => HOUR,
            Self::Day => DAY,
        }
    }

    /// Returns when the interval begins that contains `at`; both in microseconds since 1970.
    pub fn floor(self, at: i64) -> i64 {
        at.saturating_sub(at.rem_euclid(self.micros()))
    }

    /// Returns when the first interval begins at `at` or later.
    pub fn ceil(self, at: i64) -> i64 {
        self.floor(at.saturating_add(self.micros() - 1))
    }
}

named! {
    /// What counts are ranked by.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum Ranking {
        /// Codes.
        Code = "code",
        /// Projects.
        Project = "project",
        /// Services, as the catalog names them.
        Service = "service",
    }
}

/// Whole intervals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// When it begins, in microseconds since 1970.
    pub since: i64,
    /// When it ends: the first moment after it.
    pub until: i64,
    /// The intervals.
    pub grain: Grain,
}

impl Period {
    /// Returns the shortest period of whole intervals that contains `since` and everything until `until`. The intervals are
    /// hours if the period is short enough and begins at `hourly_since` or later, before which only days are kept.
    pub fn containing(since: i64, until: i64, hourly_since: i64) -> Self {
        let is_hourly = since >= hourly_since && until.saturating_sub(since) <= LONGEST_HOURLY;
        let grain = if is_hourly { Grain::Hour } else { Grain::Day };
        let since = grain.floor(since);
        Self {
            since,
            until: grain.ceil(until).max(since.saturating_add(grain.micros())),
            grain,
        }
    }

    /// Returns the period of the same length that ends where this one begins.
    #[must_use]
    pub fn before(self) -> Self {
        Self {
            since: self.since.saturating_sub(self.length()),
            until: self.since,
            ..self
        }
    }

    /// Returns the length in microseconds.
    pub fn length(self) -> i64 {
        self.until.saturating_sub(self.since)
    }

    /// Returns the length of the parts of a trend: whole intervals, in microseconds. The last part may be shorter or missing.
    pub fn trend_step(self) -> i64 {
        let parts = i64::try_from(TREND).unwrap_or(i64::MAX);
        self.grain.ceil(self.length().saturating_add(parts - 1) / parts)
    }
}

/// Which messages are counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountFilter {
    /// When they were created.
    pub period: Period,
    /// The period to compare with; `None` if its counts are no longer kept.
    pub before: Option<Period>,
    /// Their project.
    pub project: Option<String>,
    /// Their service, as the catalog names it.
    pub service: Option<String>,
    /// Their codes: any of these.
    pub codes: Option<Vec<String>>,
    /// Their level.
    pub level: Option<Level>,
}

impl CountFilter {
    /// All messages of a period, compared with the one before.
    pub fn all(period: Period) -> Self {
        Self {
            period,
            before: Some(period.before()),
            project: None,
            service: None,
            codes: None,
            level: None,
        }
    }
}

/// Messages recorded, by level. A level that the catalog does not know counts as an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LevelCounts {
    /// Errors.
    pub errors: u64,
    /// Warnings.
    pub warnings: u64,
    /// Infos.
    pub infos: u64,
}

impl LevelCounts {
    /// Returns the sum.
    pub fn total(self) -> u64 {
        self.errors + self.warnings + self.infos
    }

    /// Returns the count of a level.
    pub fn of(self, level: Level) -> u64 {
        match level {
            Level::Error => self.errors,
            Level::Warning => self.warnings,
            Level::Info => self.infos,
        }
    }

    /// Returns only the count of a level, or all if `None`.
    #[must_use]
    pub fn only(self, level: Option<Level>) -> Self {
        let Some(level) = level else { return self };
        let mut only = Self::default();
        *only.at(level) = self.of(level);
        only
    }

    /// Counts one more.
    pub fn count(&mut self, level: Level) {
        *self.at(level) += 1;
    }

    fn at(&mut self, level: Level) -> &mut u64 {
        match level {
            Level::Error => &mut self.errors,
            Level::Warning => &mut self.warnings,
            Level::Info => &mut self.infos,
        }
    }
}

impl std::ops::AddAssign for LevelCounts {
    fn add_assign(&mut self, other: Self) {
        self.errors += other.errors;
        self.warnings += other.warnings;
        self.infos += other.infos;
    }
}

/// The messages of an interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bar {
    /// When the interval begins, in microseconds since 1970.
    pub since: i64,
    /// Its messages.
    pub counts: LevelCounts,
}

/// A code, a project or a service, with its messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ranked {
    /// The code, the project's id, or the service's name.
    pub key: String,
    /// Its messages in the period.
    pub counts: LevelCounts,
    /// The number of its messages in the period that is compared with; `None` if that is not known.
    pub before: Option<u64>,
    /// The number of its messages in each part of the period; see [`Period::trend_step`].
    pub trend: [u64; TREND],
}

/// The place of an entry in a ranking: the most messages come first, then the first key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RankMarker {
    /// The number of its messages.
    pub count: u64,
    /// Its key.
    pub key: String,
}

impl RankMarker {
    /// Parses `count:key`.
    pub fn parse(text: &str) -> Option<Self> {
        let (count, key) = text.split_once(':')?;
        Some(Self {
            count: count.parse().ok()?,
            key: key.to_owned(),
        })
    }

    /// Whether an entry comes later.
    pub fn is_before(&self, count: u64, key: &str) -> bool {
        count < self.count || (count == self.count && key > self.key.as_str())
    }
}

impl std::fmt::Display for RankMarker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.count, self.key)
    }
}

/// A page of a ranking.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RankPage {
    /// The entries, those with the most messages first.
    pub entries: Vec<Ranked>,
    /// The number of entries of all pages.
    pub total: u64,
    /// Where the next page begins; `None` at the end.
    pub next: Option<RankMarker>,
}

/// What is counted of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tallied {
    /// Its project.
    pub project_id: String,
    /// Its code.
    pub code: String,
    /// Its level.
    pub level: Level,
    /// Its position.
    pub position: Position,
}

impl Tallied {
    /// Takes it from the columns of a message.
    pub fn new(project_id: String, code: String, level: &str, position: Position) -> Self {
        Self {
            project_id,
            code,
            level: level_of(level),
            position,
        }
    }

    /// Takes it from a message.
    pub fn of(message: &Message) -> Self {
        let (project, code) = (message.project_id.clone(), message.event_id.clone());
        Self::new(project, code, &message.message_level, Position::of(message))
    }
}

/// Returns the level that a message counts as.
pub fn level_of(word: &str) -> Level {
    Level::parse(word).unwrap_or(Level::Error)
}

/// Returns the name of the service that a code belongs to, as the catalog names it; `unknown` if it knows none.
pub fn service_of(code: &str) -> &'static str {
    let prefix = code.split_once('_').map_or("", |(prefix, _)| prefix);
    let prefix = match catalog::flat_prefix(code) {
        // Block storage's oldest ids.
        Some("") => "VOLUME",
        _ => prefix,
    };
    catalog::service(prefix).map_or(UNKNOWN_SERVICE, |service| service.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_consists_of_whole_intervals() {
        let at = 100 * DAY + 5 * HOUR + 1;
        let hourly = Period::containing(at, at + HOUR, 0);
        assert_eq!((hourly.since, hourly.until), (at - 1, at - 1 + 2 * HOUR));
        assert_eq!(hourly.before().until, hourly.since);
        let old = Period::containing(at, at + HOUR, at + 1);
        assert_eq!(
            (old.since, old.until, old.grain),
            (100 * DAY, 101 * DAY, Grain::Day)
        );
        let empty = Period::containing(100 * DAY, 100 * DAY, 0);
        assert_eq!(empty.length(), HOUR);
        let long = Period::containing(0, 15 * DAY, 0);
        assert_eq!((long.grain, long.trend_step()), (Grain::Day, 2 * DAY));
    }

    #[test]
    fn every_code_belongs_to_a_service() {
        for (code, service) in [
            ("VOLUME_000002", "volume"),
            ("000002", "volume"),
            ("SHARE_SHARE_001_001", "share"),
            ("DNS_000001", "unknown"),
            ("", "unknown"),
        ] {
            assert_eq!(service_of(code), service, "{code}");
        }
    }

    #[test]
    fn a_marker_is_read_back() {
        let marker = RankMarker {
            count: 7,
            key: "a:b".to_owned(),
        };
        assert_eq!(RankMarker::parse(&marker.to_string()), Some(marker));
        assert_eq!(RankMarker::parse("7"), None);
    }
}
