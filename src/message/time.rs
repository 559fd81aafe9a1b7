//! The wire form of times: UTC with six decimals and no zone, such as `2026-11-21T03:20:24.834285`.
//!
//! Clients parse exactly this form (`%Y-%m-%dT%H:%M:%S.%f`). Internally, a time is microseconds since 1970.

use std::cell::Cell;
use std::fmt::{self, Write};
use std::ops::RangeInclusive;

use chrono::{DateTime, Datelike, NaiveDateTime, Utc};

/// Microseconds in a second.
pub const SECOND: i64 = 1_000_000;

/// The times that the wire form can represent: years 1 to 9999.
pub const WRITABLE: RangeInclusive<i64> = -62_135_596_800 * SECOND..=253_402_300_800 * SECOND - 1;

/// The length of the wire form, in bytes.
pub const LENGTH: usize = 26;

/// Writes `micros` in the wire form.
///
/// # Errors
/// Only those of `out`.
pub fn write(out: &mut impl Write, micros: i64) -> fmt::Result {
    let text = digits(micros);
    out.write_str(std::str::from_utf8(&text).unwrap_or_default())
}

/// Returns the wire form as bytes on the stack: a page of a thousand rows needs two thousand of these, and a general
/// formatter would take longer than everything else in a row.
pub fn digits(micros: i64) -> [u8; LENGTH] {
    // Other years have no wire form: such a row shows the start of year 1 or the end of year 9999.
    let micros = micros.clamp(*WRITABLE.start(), *WRITABLE.end());
    let mut text = *b"0000-00-00T00:00:00.000000";
    text[..DATE].copy_from_slice(&date(micros.div_euclid(DAY)));
    let of_day = micros.rem_euclid(DAY);
    let seconds = of_day / SECOND;
    put(&mut text[11..13], seconds / 3600);
    put(&mut text[14..16], seconds / 60 % 60);
    put(&mut text[17..19], seconds % 60);
    put(&mut text[20..26], of_day % SECOND);
    text
}

/// Microseconds in a day.
const DAY: i64 = 86_400 * SECOND;

/// The length of a date, in bytes.
const DATE: usize = 10;

/// The number of dates that a thread caches: a page has few, and the calendar is the expensive part of a time. With
/// this many slots, a message's creation and expiry dates, 30 days apart, do not collide.
const REMEMBERED: usize = 64;

thread_local! {
    static DATES: [Cell<(i64, [u8; DATE])>; REMEMBERED] =
        const { [const { Cell::new((0, *b"1970-01-01")) }; REMEMBERED] };
}

/// Returns the date of a day counted from 1970.
fn date(day: i64) -> [u8; DATE] {
    let slot = usize::try_from(day.unsigned_abs()).unwrap_or(0) % REMEMBERED;
    DATES.with(|dates| {
        let (known, text) = dates[slot].get();
        if known == day {
            return text;
        }
        let text = calendar(day);
        dates[slot].set((day, text));
        text
    })
}

fn calendar(day: i64) -> [u8; DATE] {
    let mut text = *b"0000-00-00";
    let Some(at) = DateTime::from_timestamp_micros(day.saturating_mul(DAY)) else {
        return text;
    };
    put(&mut text[0..4], at.year().into());
    put(&mut text[5..7], at.month().into());
    put(&mut text[8..10], at.day().into());
    text
}

fn put(field: &mut [u8], mut value: i64) {
    for digit in field.iter_mut().rev() {
        *digit = b'0' + u8::try_from(value % 10).unwrap_or(0);
        value /= 10;
    }
}

/// Returns the wire form as a `String`.
pub fn format(micros: i64) -> String {
    String::from_utf8_lossy(&digits(micros)).into_owned()
}

/// Parses a time in microseconds since 1970: the wire form, with or without the fraction, with `T` or a space, or with
/// a zone (RFC 3339). Without a zone it is UTC.
pub fn parse(text: &str) -> Option<i64> {
    read(text).map(|at| at.timestamp_micros())
}

/// Parses the bound of a time range in microseconds since 1970, years 1 to 9999: as [`parse`] does, or a date, which
/// means its first moment. A fraction of a microsecond is rounded up: no message lies between that moment and the next
/// microsecond.
pub fn bound(text: &str) -> Option<i64> {
    // Longer years, signs, white space and short months would also parse, but are more likely mistakes.
    let date = text.as_bytes().get(..DATE)?;
    let is_date = date.iter().enumerate().all(|(place, byte)| match place {
        4 | 7 => *byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    if !is_date || text.starts_with("0000") {
        return None;
    }
    let at = read(text).or_else(|| read(&format!("{text}T00:00:00")))?;
    let has_rest = at.timestamp_subsec_nanos() % 1000 != 0;
    let micros = at.timestamp_micros() + i64::from(has_rest);
    Some(micros.clamp(*WRITABLE.start(), *WRITABLE.end()))
}

fn read(text: &str) -> Option<DateTime<Utc>> {
    if let Ok(zoned) = DateTime::parse_from_rfc3339(text) {
        return Some(zoned.to_utc());
    }
    ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
        .map(|naive| naive.and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wire_form_is_what_the_clients_parse() {
        assert_eq!(format(1_795_231_224_834_285), "2026-11-21T03:20:24.834285");
        assert_eq!(format(0), "1970-01-01T00:00:00.000000");
        assert_eq!(format(-1), "1969-12-31T23:59:59.999999");
        assert_eq!(format(i64::MAX), "9999-12-31T23:59:59.999999");
        assert_eq!(format(i64::MIN), "0001-01-01T00:00:00.000000");
    }

    #[test]
    fn every_form_that_clients_send_is_read() {
        let want = Some(1_795_231_224_000_000);
        for text in [
            "2026-11-21T03:20:24",
            "2026-11-21 03:20:24.000",
            "2026-11-21T04:20:24+01:00",
        ] {
            assert_eq!(parse(text), want, "{text}");
        }
        assert_eq!(parse("2026-11-21T03:20:24Z"), want);
        for text in ["", "x", "2026-13-01T00:00:00", "2026-11-21"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_bound_is_a_moment_or_a_day_of_a_year_of_four_digits() {
        let want = Some(1_795_219_200_000_000);
        for text in [
            "2026-11-21",
            "2026-11-21T00:00:00",
            "2026-11-21T01:00:00+01:00",
            "2026-11-20T23:59:59.9999999",
        ] {
            assert_eq!(bound(text), want, "{text}");
        }
        assert_eq!(bound("9999-12-31T23:59:59.9999999"), Some(*WRITABLE.end()));
        for text in [
            "",
            "26-11-21",
            "2026-1-2",
            " 2026-11-21",
            "0000-01-01",
            "-2026-11-21",
            "2026-11-21T",
            "2026-11-\u{fc}1",
        ] {
            assert_eq!(bound(text), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn what_is_written_is_read_back(micros in -62_135_596_800_000_000..253_402_300_800_000_000_i64) {
            proptest::prop_assert_eq!(parse(&format(micros)), Some(micros));
        }
    }
}
