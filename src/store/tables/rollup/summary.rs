//! Summaries: counts by interval, and rankings of codes, projects and services.

use std::collections::{BTreeMap, HashMap};

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};

use super::add::ALL;
use crate::message::{
    Bar, CountFilter, Grain, LevelCounts, Period, RankMarker, RankPage, Ranked, Ranking, TREND,
};
use crate::store::connection::{Conn, with_backend};
use crate::store::error::Error;
use crate::store::read::Read;
use crate::store::schema::recorded_counts;

/// A statement that returned fewer sums may be followed by one of twice the time.
const MANY: usize = 10_000;

/// What one statement sums up: the rows of a part of the period, by key and by steps of time.
struct Part<'a> {
    filter: &'a CountFilter,
    by: Ranking,
    /// The rows, of one grain.
    period: Period,
    /// The length of a step, in microseconds.
    step: i64,
    /// Only these keys; all if `None`.
    keys: Option<&'a [String]>,
}

/// The beginning of a step, a key, and the messages of each level.
type Sum = (i64, String, i64, i64, i64);

/// Returns the messages of each interval that has any, in order of time.
pub fn bars(read: &mut Read<'_>, filter: &CountFilter) -> Result<Vec<Bar>, Error> {
    let sums = sums(
        read,
        &Part {
            filter,
            by: Ranking::Service,
            period: filter.period,
            step: filter.period.grain.micros(),
            keys: None,
        },
    )?;
    let mut bars: BTreeMap<i64, LevelCounts> = BTreeMap::new();
    for sum in sums {
        *bars.entry(sum.0).or_default() += counts(&sum, filter);
    }
    let bars = bars.into_iter().filter(|(_, counts)| counts.total() > 0);
    Ok(bars.map(|(since, counts)| Bar { since, counts }).collect())
}

/// Returns up to `limit` entries of a ranking after a marker: the codes, projects or services with the most messages first.
pub fn ranked(
    read: &mut Read<'_>,
    filter: &CountFilter,
    by: Ranking,
    after: Option<&RankMarker>,
    limit: usize,
) -> Result<RankPage, Error> {
    let found = totals(read, filter, by, filter.period, None)?;
    let total = u64::try_from(found.len()).unwrap_or(u64::MAX);
    let mut order: Vec<(String, LevelCounts)> = found
        .into_iter()
        .filter(|(key, counts)| after.is_none_or(|marker| marker.is_before(counts.total(), key)))
        .collect();
    order.sort_unstable_by(|(one, some), (other, more)| {
        more.total().cmp(&some.total()).then_with(|| one.cmp(other))
    });
    let has_more = order.len() > limit;
    order.truncate(limit);
    let next = order.last().filter(|_| has_more).map(|(key, counts)| RankMarker {
        count: counts.total(),
        key: key.clone(),
    });
    let keys: Vec<String> = order.iter().map(|(key, _)| key.clone()).collect();
    let (before, mut trends) = if keys.is_empty() {
        (HashMap::new(), HashMap::new())
    } else {
        (
            match filter.before {
                Some(before) => totals(read, filter, by, before, Some(&keys))?,
                None => HashMap::new(),
            },
            trends(read, filter, by, &keys)?,
        )
    };
    let entries = order.into_iter().map(|(key, counts)| Ranked {
        before: filter
            .before
            .map(|_| before.get(&key).copied().unwrap_or_default().total()),
        trend: trends.remove(&key).unwrap_or_default(),
        key,
        counts,
    });
    Ok(RankPage {
        entries: entries.collect(),
        total,
        next,
    })
}

/// The messages of some keys in a period, or of all that have any.
fn totals(
    read: &mut Read<'_>,
    filter: &CountFilter,
    by: Ranking,
    period: Period,
    keys: Option<&[String]>,
) -> Result<HashMap<String, LevelCounts>, Error> {
    let mut totals: HashMap<String, LevelCounts> = HashMap::new();
    for span in spans(period) {
        // If the client has gone, the reader stops between two statements.
        let mut length = match (by, keys) {
            (Ranking::Project, None) => span.grain.micros(),
            _ => span.length(),
        };
        let mut since = span.since;
        while since < span.until {
            let until = since.saturating_add(length).min(span.until);
            let part = Part {
                filter,
                by,
                period: Period { since, until, ..span },
                step: length,
                keys,
            };
            let sums = sums(read, &part)?;
            if sums.len() < MANY {
                length = length.saturating_mul(2);
            }
            for sum in sums {
                let counts = counts(&sum, filter);
                if counts.total() > 0 {
                    *totals.entry(sum.1).or_default() += counts;
                }
            }
            since = until;
        }
    }
    Ok(totals)
}

/// The messages of some keys in each part of the period.
fn trends(
    read: &mut Read<'_>,
    filter: &CountFilter,
    by: Ranking,
    keys: &[String],
) -> Result<HashMap<String, [u64; TREND]>, Error> {
    let period = filter.period;
    let step = period.trend_step();
    let part = Part {
        filter,
        by,
        period,
        step,
        keys: Some(keys),
    };
    let mut trends: HashMap<String, [u64; TREND]> = HashMap::new();
    for sum in sums(read, &part)? {
        let counts = counts(&sum, filter).total();
        let index = usize::try_from((sum.0 - period.since) / step).unwrap_or(TREND);
        if let Some(slot) = trends.entry(sum.1).or_default().get_mut(index) {
            *slot += counts;
        }
    }
    Ok(trends)
}

/// The parts of a period that rows of hours and of days cover with as few rows as possible.
fn spans(period: Period) -> Vec<Period> {
    let (first, last) = (Grain::Day.ceil(period.since), Grain::Day.floor(period.until));
    if period.grain == Grain::Day || first >= last {
        return vec![period];
    }
    let span = |grain, since, until| Period { since, until, grain };
    let mut spans = vec![
        span(Grain::Hour, period.since, first),
        span(Grain::Day, first, last),
        span(Grain::Hour, last, period.until),
    ];
    spans.retain(|span| span.since < span.until);
    spans
}

/// The counts of a sum that the filter's level lets through.
fn counts(sum: &Sum, filter: &CountFilter) -> LevelCounts {
    let all = LevelCounts {
        errors: sum.2.unsigned_abs(),
        warnings: sum.3.unsigned_abs(),
        infos: sum.4.unsigned_abs(),
    };
    all.only(filter.level)
}

/// Sums up rows. Every statement walks a range of an index: of one project, or of all of them together, by the primary key; of a
/// code, or of all codes together, by the index of codes.
fn sums(read: &mut Read<'_>, part: &Part<'_>) -> Result<Vec<Sum>, Error> {
    use recorded_counts::{begins_at, code, grain, project_id, service};
    let Part {
        filter, by, period, ..
    } = part;
    let (key, since, step) = (column(*by), period.since, part.step.max(1));
    let [errors, warnings, infos] = ["errors", "warnings", "infos"].map(|column| read.sum(column));
    let select = format!("begins_at - (begins_at - {since}) % {step}, {key}, {errors}, {warnings}, {infos}");
    let conn: &mut Conn = read;
    let sums: Vec<Sum> = with_backend!(conn, (conn, Backend) => {
        let mut rows = recorded_counts::table
            .group_by(sql::<BigInt>("1, 2"))
            .select(sql::<(BigInt, Text, BigInt, BigInt, BigInt)>(&select))
            .into_boxed::<Backend>()
            .filter(grain.eq(period.grain as i16))
            .filter(begins_at.ge(since))
            .filter(begins_at.lt(period.until));
        rows = match (by, &filter.project) {
            (_, Some(project)) => rows.filter(project_id.eq(project)),
            (Ranking::Project, None) => rows.filter(project_id.ne(ALL)),
            (_, None) => rows.filter(project_id.eq(ALL)),
        };
        rows = match (&filter.codes, by, &filter.project) {
            (Some(codes), ..) => rows.filter(code.eq_any(codes)),
            (None, Ranking::Code, _) => rows.filter(code.ne(ALL)),
            // The same, but not by the index of codes, which has all projects.
            (None, Ranking::Project, None) if part.keys.is_some() => {
                rows.filter(sql::<Bool>("length(code) = 0"))
            }
            // The sums over codes.
            (None, Ranking::Project, _) | (None, Ranking::Service, Some(_)) => rows.filter(code.eq(ALL)),
            (None, Ranking::Service, None) => rows,
        };
        rows = match (&filter.service, &filter.codes, by, &filter.project) {
            (Some(name), ..) => rows.filter(service.eq(name)),
            // The sums over services.
            (None, None, Ranking::Project, _) => rows.filter(service.eq(ALL)),
            (None, None, Ranking::Service, Some(_)) => rows.filter(service.ne(ALL)),
            (None, ..) => rows,
        };
        rows = match (part.keys, by) {
            (None, _) => rows,
            (Some(keys), Ranking::Code) => rows.filter(code.eq_any(keys)),
            (Some(keys), Ranking::Project) => rows.filter(project_id.eq_any(keys)),
            (Some(keys), Ranking::Service) => rows.filter(service.eq_any(keys)),
        };
        rows.load(conn)?
    });
    read.spend(u64::try_from(sums.len()).unwrap_or(u64::MAX), 1)?;
    Ok(sums)
}

fn column(by: Ranking) -> &'static str {
    match by {
        Ranking::Code => "code",
        Ranking::Project => "project_id",
        Ranking::Service => "service",
    }
}
