//! Writes JSON as Python's `json.dumps` does: `", "` and `": "`, ASCII only.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{CharEscape, Formatter, Serializer};

/// Appends the value.
pub(super) fn write(out: &mut Vec<u8>, value: &impl Serialize) -> Result<(), serde_json::Error> {
    value.serialize(&mut Serializer::with_formatter(out, Python))
}

struct Python;

impl Formatter for Python {
    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, is_first: bool) -> io::Result<()> {
        separate(out, is_first)
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, is_first: bool) -> io::Result<()> {
        separate(out, is_first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }

    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        // The common case.
        if fragment.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            return out.write_all(fragment.as_bytes());
        }
        let mut rest = fragment;
        while let Some(index) = rest.find(|c: char| !(' '..='~').contains(&c)) {
            let (plain, tail) = rest.split_at(index);
            out.write_all(plain.as_bytes())?;
            let mut signs = tail.chars();
            if let Some(sign) = signs.next() {
                for unit in sign.encode_utf16(&mut [0; 2]) {
                    write!(out, "\\u{unit:04x}")?;
                }
            }
            rest = signs.as_str();
        }
        out.write_all(rest.as_bytes())
    }

    fn write_char_escape<W: ?Sized + Write>(&mut self, out: &mut W, escape: CharEscape) -> io::Result<()> {
        let text: &[u8] = match escape {
            CharEscape::Quote => b"\\\"",
            CharEscape::ReverseSolidus => b"\\\\",
            CharEscape::Solidus => b"/",
            CharEscape::Backspace => b"\\b",
            CharEscape::FormFeed => b"\\f",
            CharEscape::LineFeed => b"\\n",
            CharEscape::CarriageReturn => b"\\r",
            CharEscape::Tab => b"\\t",
            CharEscape::AsciiControl(byte) => return write!(out, "\\u{byte:04x}"),
        };
        out.write_all(text)
    }

    /// Writes the shortest round-trip digits, with an exponent where Python uses one.
    fn write_f64<W: ?Sized + Write>(&mut self, out: &mut W, value: f64) -> io::Result<()> {
        let scientific = format!("{value:e}");
        let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
        match exponent.parse::<i32>().unwrap_or(0) {
            -4..16 => write!(out, "{value:?}"),
            exponent => {
                let sign = if exponent < 0 { '-' } else { '+' };
                write!(out, "{digits}e{sign}{:02}", exponent.unsigned_abs())
            }
        }
    }
}

fn separate<W: ?Sized + Write>(out: &mut W, is_first: bool) -> io::Result<()> {
    if is_first { Ok(()) } else { out.write_all(b", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(json: &str) -> String {
        let value: serde_json::Value = serde_json::from_str(json).unwrap();
        let mut out = Vec::new();
        write(&mut out, &value).unwrap();
        String::from_utf8(out).unwrap()
    }

    /// Every expected text is the output of Python 3.11's `json.dumps(json.loads(text))`.
    #[test]
    fn json_is_what_python_writes() {
        for (text, want) in [
            (
                r#"{"b":[1,-2,{}],"a":null,"c":[]}"#,
                r#"{"b": [1, -2, {}], "a": null, "c": []}"#,
            ),
            (
                r#""caf\u00e9 ☃ 😀 \u007f""#,
                r#""caf\u00e9 \u2603 \ud83d\ude00 \u007f""#,
            ),
            (r#""\"\\\/\b\f\n\r\t\u0001""#, r#""\"\\/\b\f\n\r\t\u0001""#),
            (
                "[1.0,0.1,1e15,1e16,1.5e300,1e-4,1e-5,-2.5e-7,0.0,-0.0]",
                "[1.0, 0.1, 1000000000000000.0, 1e+16, 1.5e+300, 0.0001, 1e-05, -2.5e-07, 0.0, -0.0]",
            ),
            (
                "[18446744073709551615,-9223372036854775808]",
                "[18446744073709551615, -9223372036854775808]",
            ),
        ] {
            assert_eq!(written(text), want);
        }
    }
}
