//! The query string of the operators' view. Empty fields, which forms send, are ignored.

use crate::api::browser::page::filters::{field, moment};
use crate::message::{Kept, LONGEST_PERIOD, Period, RankMarker, time};
use crate::page::OverviewFilters;

/// The period that is shown unless another is asked for, in hours.
const USUAL: i64 = 48;

/// Longest filter, in characters.
const LONGEST_FILTER: usize = 255;

/// An hour, in microseconds.
const HOUR: i64 = 3600 * time::SECOND;

/// The query string, parsed.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The filters, as the form shows them.
    pub filters: OverviewFilters,
    /// Whether `since` and `before` are invalid.
    pub bad: (bool, bool),
    /// The time that is shown.
    pub period: Period,
    /// The time that it is compared with; none if its counts are no longer kept.
    pub before: Option<Period>,
    /// Where the pages of codes, projects and services begin; see [`MARKERS`].
    pub after: [Option<RankMarker>; 3],
}

/// The parameters of [`Asked::after`].
pub const MARKERS: [&str; 3] = ["codes_after", "projects_after", "services_after"];

impl Asked {
    /// Parses a query string at `now`, in microseconds since 1970. Unknown parameters and control characters are ignored.
    pub fn parse(query_string: &str, now: i64, kept: Kept) -> Self {
        let mut filters = OverviewFilters::default();
        let mut after: [Option<RankMarker>; 3] = Default::default();
        for (key, value) in form_urlencoded::parse(query_string.as_bytes()) {
            let value = value.trim().chars().filter(|sign| !sign.is_control());
            let value: String = value.take(LONGEST_FILTER).collect();
            match MARKERS.iter().position(|marker| *marker == key) {
                Some(index) => after[index] = RankMarker::parse(&value),
                None => filters.set(&key, &value),
            }
        }
        let (since, before) = (moment(&filters.since), moment(&filters.before));
        let bad = (
            since.is_none() && !filters.since.is_empty(),
            before.is_none() && !filters.before.is_empty(),
        );
        for (typed, at) in [(&mut filters.since, since), (&mut filters.before, before)] {
            if let Some(at) = at {
                *typed = field(at);
            }
        }
        if !filters.since.is_empty() || !filters.before.is_empty() {
            filters.hours = None;
        } else if filters.hours.is_none() {
            filters.hours = Some(USUAL);
        }
        let until = before.unwrap_or(now).clamp(0, now.saturating_add(HOUR));
        let length = filters.hours.unwrap_or(USUAL) * HOUR;
        let since = since.unwrap_or(until - length);
        let since = since.clamp(until - LONGEST_PERIOD, until);
        let period = Period::containing(since, until, now.saturating_sub(kept.hours));
        Self {
            period,
            before: kept.before(period, now),
            filters,
            bad,
            after,
        }
    }

    /// Returns the address of the page that shows one interval.
    pub fn address_of(&self, interval: i64) -> String {
        let end = interval.saturating_add(self.period.grain.micros());
        let filters = OverviewFilters {
            since: field(interval),
            before: field(end),
            hours: None,
            ..self.filters.clone()
        };
        filters.address()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-21T03:20:24.
    const NOW: i64 = 1_795_231_224_000_000;

    const KEPT: Kept = Kept {
        hours: 15 * 24 * HOUR,
        days: 400 * 24 * HOUR,
    };

    /// The number of intervals.
    fn count(asked: &Asked) -> i64 {
        asked.period.length() / asked.period.grain.micros()
    }

    #[test]
    fn two_days_by_hour_unless_another_time_is_asked_for() {
        let asked = Asked::parse("text=&since=&unknown=x", NOW, KEPT);
        assert_eq!(count(&asked), 49);
        assert_eq!(asked.filters.hours, Some(48));
        let asked = Asked::parse("hours=720", NOW, KEPT);
        assert_eq!(count(&asked), 31);
        let asked = Asked::parse(
            "since=2026-11-20T10:30&before=2026-11-20T12%3A00&hours=24",
            NOW,
            KEPT,
        );
        assert_eq!((count(&asked), asked.filters.hours), (2, None));
        assert_eq!(asked.filters.since, "2026-11-20T10:30");
        assert_eq!(
            asked.address_of(asked.period.since),
            "?since=2026-11-20T10%3A00&before=2026-11-20T11%3A00"
        );
    }

    #[test]
    fn no_period_is_too_long_or_ends_before_it_begins() {
        for query in [
            "since=0001-01-01",
            "before=9999-12-31",
            "before=0001-01-01",
            "since=2026-11-21&before=2026-11-01",
            "since=9999-12-31&before=0001-01-01",
        ] {
            let count = count(&Asked::parse(query, NOW, KEPT));
            assert!((1..=402).contains(&count), "{query}: {count}");
        }
        assert_eq!(Asked::parse("since=x", NOW, KEPT).bad, (true, false));
    }

    #[test]
    fn no_filter_has_what_no_database_takes() {
        for field in [
            "text",
            "project",
            "service",
            "level",
            "code",
            "since",
            "before",
            "codes_after",
            "projects_after",
        ] {
            let asked = Asked::parse(&format!("{field}=%00"), NOW, KEPT);
            assert!(asked.filters.pairs().is_empty(), "{field}");
            let asked = Asked::parse(&format!("{field}=1:%00x%00"), NOW, KEPT);
            assert!(
                asked
                    .filters
                    .pairs()
                    .iter()
                    .all(|(_, value)| !value.contains('\0')),
                "{field}"
            );
            assert!(
                asked.after.iter().flatten().all(|marker| marker.key == "x"),
                "{field}"
            );
        }
        let unknown = Asked::parse("level=x", NOW, KEPT);
        assert!(unknown.filters.pairs().is_empty());
        assert_eq!(Asked::parse("level=error", NOW, KEPT).filters.level, "ERROR");
    }

    #[test]
    fn each_ranking_has_its_page() {
        let asked = Asked::parse("projects_after=7%3Ap1&codes_after=x", NOW, KEPT);
        assert_eq!(asked.after[1].as_ref().map(|marker| marker.count), Some(7));
        assert_eq!(asked.after[0], None);
    }
}
