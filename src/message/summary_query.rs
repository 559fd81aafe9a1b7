//! Questions for a summary of recorded messages, as programs and shells ask them.

use super::kept::Kept;
use super::summary::{CountFilter, Grain, LONGEST_HOURLY, LONGEST_PERIOD, Period, RankMarker, Ranking};
use super::time::SECOND;
use crate::catalog::{self, Level};
use crate::named::named;

/// The period of a question without times, in microseconds.
const DEFAULT_PERIOD: i64 = 86_400 * SECOND;

/// The most entries of a page.
pub const MOST_ENTRIES: usize = 1000;

/// The most characters of a project id or a code.
const LONGEST_TEXT: usize = 255;

named! {
    /// What a summary is divided by.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum SummaryBy {
        /// Hours.
        Hour = "hour",
        /// Days.
        Day = "day",
        /// Levels.
        Level = "level",
        /// Services.
        Service = "service",
        /// Codes.
        Code = "code",
        /// Projects.
        Project = "project",
    }
}

impl SummaryBy {
    /// Returns the ranking; `None` for times and levels, which have an order of their own.
    pub fn ranking(self) -> Option<Ranking> {
        match self {
            Self::Hour | Self::Day | Self::Level => None,
            Self::Service => Some(Ranking::Service),
            Self::Code => Some(Ranking::Code),
            Self::Project => Some(Ranking::Project),
        }
    }
}

/// A question as it is asked. The faults of its fields begin with their names.
#[derive(Debug, Clone, Default)]
pub struct SummaryRequest {
    /// What to divide by; hours if `None`.
    pub by: Option<SummaryBy>,
    /// When it begins, in microseconds since 1970; a day before its end if `None`.
    pub since: Option<i64>,
    /// When it ends; now if `None`.
    pub until: Option<i64>,
    /// Only this project.
    pub project: Option<String>,
    /// Only this service.
    pub service: Option<String>,
    /// Only this level.
    pub level: Option<Level>,
    /// Only this code.
    pub code: Option<String>,
    /// The last entry of the page before.
    pub marker: Option<String>,
    /// The most entries.
    pub limit: Option<usize>,
}

/// A question that can be answered.
#[derive(Debug, Clone)]
pub struct SummaryQuery {
    /// What to divide by.
    pub by: SummaryBy,
    /// What to count.
    pub filter: CountFilter,
    /// Where the page begins.
    pub marker: Option<RankMarker>,
    /// The most entries.
    pub limit: usize,
}

impl SummaryRequest {
    /// Checks the question at `now`, in microseconds since 1970. `kept` says how long counts are kept.
    ///
    /// # Errors
    /// The first fault, with the name of its field.
    pub fn check(self, now: i64, kept: Kept) -> Result<SummaryQuery, String> {
        let until = self.until.unwrap_or(now);
        let since = self.since.unwrap_or(until.saturating_sub(DEFAULT_PERIOD));
        if since >= until {
            return Err("since: must be earlier than until".to_owned());
        }
        if until.saturating_sub(since) > LONGEST_PERIOD {
            return Err("since: must be at most 400 days before until".to_owned());
        }
        let by = self.by.unwrap_or(SummaryBy::Hour);
        let hourly_since = match by {
            SummaryBy::Day => i64::MAX,
            _ => now.saturating_sub(kept.hours),
        };
        let period = Period::containing(since, until, hourly_since);
        if by == SummaryBy::Hour && period.grain == Grain::Day {
            let (kept, shown) = (kept.hours / DEFAULT_PERIOD, LONGEST_HOURLY / DEFAULT_PERIOD);
            return Err(format!(
                "by: hourly counts are kept for {kept} days and shown for periods of up to {shown} days; use by=day"
            ));
        }
        if let Some(service) = &self.service
            && catalog::services().iter().all(|known| known.name != service)
        {
            let known: Vec<_> = catalog::services().iter().map(|known| known.name).collect();
            return Err(format!("service: must be one of {}", known.join(", ")));
        }
        let marker = match (self.marker, by.ranking()) {
            (None, _) => None,
            (Some(_), None) => return Err("marker: is for by=service, by=code and by=project".to_owned()),
            (Some(text), Some(_)) => {
                let marker = RankMarker::parse(&text);
                Some(marker.ok_or("marker: must be the next of the page before")?)
            }
        };
        let limit = self.limit.unwrap_or(MOST_ENTRIES);
        if !(1..=MOST_ENTRIES).contains(&limit) {
            return Err(format!("limit: must be between 1 and {MOST_ENTRIES}"));
        }
        Ok(SummaryQuery {
            by,
            filter: CountFilter {
                period,
                before: kept.before(period, now),
                project: text("project_id", self.project)?,
                service: self.service,
                codes: text("code", self.code)?.map(|code| vec![code]),
                level: self.level,
            },
            marker,
            limit,
        })
    }
}

/// No stored text is empty, longer or has a NUL, and an empty one stands for all of them.
fn text(field: &str, text: Option<String>) -> Result<Option<String>, String> {
    match &text {
        Some(text) if text.is_empty() || text.contains('\0') || text.chars().count() > LONGEST_TEXT => Err(
            format!("{field}: must have 1 to {LONGEST_TEXT} characters, none of them NUL"),
        ),
        _ => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_231_224_834_285;
    const DAY: i64 = DEFAULT_PERIOD;

    const KEPT: Kept = Kept {
        hours: 15 * DAY,
        days: 400 * DAY,
    };

    fn fault(request: SummaryRequest) -> String {
        request.check(NOW, KEPT).unwrap_err()
    }

    #[test]
    fn a_question_without_anything_is_about_the_last_day() {
        let query = SummaryRequest::default().check(NOW, KEPT).unwrap();
        assert_eq!(
            (query.by, query.filter.period.grain),
            (SummaryBy::Hour, Grain::Hour)
        );
        assert!(query.filter.period.since <= NOW - DAY && query.filter.period.until >= NOW);
    }

    #[test]
    fn every_fault_names_its_field() {
        let asked = SummaryRequest::default;
        for (field, request) in [
            (
                "since",
                SummaryRequest {
                    since: Some(NOW),
                    ..asked()
                },
            ),
            (
                "since",
                SummaryRequest {
                    since: Some(NOW - 401 * DAY),
                    ..asked()
                },
            ),
            (
                "by",
                SummaryRequest {
                    since: Some(NOW - 15 * DAY),
                    ..asked()
                },
            ),
            (
                "service",
                SummaryRequest {
                    service: Some("x".to_owned()),
                    ..asked()
                },
            ),
            (
                "marker",
                SummaryRequest {
                    marker: Some("1:x".to_owned()),
                    ..asked()
                },
            ),
            (
                "limit",
                SummaryRequest {
                    limit: Some(0),
                    ..asked()
                },
            ),
            (
                "project_id",
                SummaryRequest {
                    project: Some(String::new()),
                    ..asked()
                },
            ),
            (
                "code",
                SummaryRequest {
                    code: Some("a\0".to_owned()),
                    ..asked()
                },
            ),
        ] {
            let fault = fault(request);
            assert!(fault.starts_with(&format!("{field}: ")), "{fault}");
        }
    }
}
