//! Times as monitors write them: ISO 8601 as Python's `iso8601` reads it.

use chrono::NaiveDate;
use once_cell::sync::Lazy;
use regex::{Captures, Regex};

/// Microseconds since 1970 that every database and client can handle, also after a detection interval is subtracted: from the
/// year 2, the first one that leaves room for it, to 9999.
const WITHIN: std::ops::RangeInclusive<i64> = AFTER_FIRST..=253_402_300_799_999_999;

/// The start of the year 2.
pub const AFTER_FIRST: i64 = -62_104_060_800_000_000;

/// Without an `unwrap`, since a pattern that does not compile is a fault that every test would show.
static FORM: Lazy<Option<Regex>> = Lazy::new(|| {
    Regex::new(concat!(
        r"^(?<year>[0-9]{4})(?:-(?<month>[0-9]{2})(?:-(?<day>[0-9]{2})(?<time>.*))?",
        r"|(?<basic_month>[0-9]{2})(?<basic_day>[0-9]{2})(?<basic_time>.*))?$",
    ))
    .ok()
});

static TIME: Lazy<Option<Regex>> = Lazy::new(|| {
    Regex::new(concat!(
        r"^[ T](?<hour>[0-9]{2})(?::?(?<minute>[0-9]{2}))?(?::?(?<second>[0-9]{2})(?:[.,](?<fraction>[0-9]+))?)?",
        r"(?:Z|(?<sign>[-+])(?<zone_hour>[0-9]{2}):?(?<zone_minute>[0-9]{2})?)?$",
    ))
    .ok()
});

/// Parses a time to microseconds since 1970. Without a zone it is UTC; further digits of the fraction are dropped.
pub fn parse(text: &str) -> Option<i64> {
    let text = text.strip_suffix('\n').unwrap_or(text);
    let date = FORM.as_ref()?.captures(text)?;
    let either = |name: &str, basic: &str| number(&date, name).or_else(|| number(&date, basic));
    let year = number(&date, "year")?;
    let month = either("month", "basic_month").unwrap_or(1);
    let day = either("day", "basic_day").unwrap_or(1);
    let day = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
    let time = date.name("time").or_else(|| date.name("basic_time"));
    let micros = match time.map(|time| time.as_str()).filter(|time| !time.is_empty()) {
        None => day.and_hms_opt(0, 0, 0)?.and_utc().timestamp_micros(),
        Some(time) => of_day(day, &TIME.as_ref()?.captures(time)?)?,
    };
    WITHIN.contains(&micros).then_some(micros)
}

fn of_day(day: NaiveDate, time: &Captures<'_>) -> Option<i64> {
    let part = |name: &str| number(time, name).unwrap_or(0);
    let at = day.and_hms_opt(part("hour"), part("minute"), part("second"))?;
    let fraction: String = time
        .name("fraction")
        .map_or("", |fraction| fraction.as_str())
        .chars()
        .chain("000000".chars())
        .take(6)
        .collect();
    let zone = i64::from(part("zone_hour")) * 60 + i64::from(part("zone_minute"));
    if zone >= 24 * 60 {
        return None;
    }
    let is_west = time.name("sign").is_some_and(|sign| sign.as_str() == "-");
    let zone = if is_west { -zone } else { zone };
    Some(at.and_utc().timestamp_micros() + fraction.parse::<i64>().ok()? - zone * 60_000_000)
}

fn number(captures: &Captures<'_>, name: &str) -> Option<u32> {
    captures.name(name)?.as_str().parse().ok()
}
