//! Python's extensions of JSON.
//!
//! `json.dumps` writes non-finite numbers as `NaN`, `Infinity` and `-Infinity`, and undecodable bytes of a path as
//! escapes of lone surrogates (`surrogateescape`). oslo.messaging's listeners accept both.

/// Converts a text to strict JSON: null for non-finite numbers, U+FFFD for lone surrogates. `None` if it has neither.
///
/// Any other invalid JSON stays as it is.
pub fn mended(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    let (mut in_string, mut has_changed) = (false, false);
    while let Some(&byte) = rest.first() {
        let (taken, put) = match (in_string, byte) {
            (true, b'\\') => escape(rest),
            (false, b'N' | b'I' | b'-') => number(rest),
            _ => (1, None),
        };
        if byte == b'"' {
            in_string = !in_string;
        }
        let (head, tail) = rest.split_at(taken.min(rest.len()));
        out.extend_from_slice(put.unwrap_or(head));
        has_changed |= put.is_some();
        rest = tail;
    }
    has_changed.then_some(out)
}

/// Returns the length of the escape at the start of the text, and its replacement if it needs one.
fn escape(text: &[u8]) -> (usize, Option<&'static [u8]>) {
    match (unit(text), text.get(6..).and_then(unit)) {
        (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => (12, None),
        (Some(0xD800..=0xDFFF), _) => (6, Some(br"\ufffd")),
        _ => (2, None),
    }
}

/// Returns the code unit of an escape of the form `\uXXXX`.
fn unit(text: &[u8]) -> Option<u16> {
    let digits = text.strip_prefix(br"\u")?.get(..4)?;
    digits.iter().try_fold(0, |unit, digit| {
        let digit = char::from(*digit).to_digit(16)?;
        u16::try_from(digit).ok().map(|digit| unit << 4 | digit)
    })
}

/// Does the same outside of strings.
fn number(text: &[u8]) -> (usize, Option<&'static [u8]>) {
    let words: [&[u8]; 3] = [b"NaN", b"Infinity", b"-Infinity"];
    let found = words.iter().find(|word| text.starts_with(word));
    found.map_or((1, None), |word| (word.len(), Some(b"null")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Option<String> {
        mended(text.as_bytes()).map(|bytes| String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn what_python_writes_becomes_json() {
        for (python, json) in [
            (
                r#"{"a": NaN, "b": [Infinity,-Infinity]}"#,
                r#"{"a": null, "b": [null,null]}"#,
            ),
            (r#"["/srv/\udce9t\udce9"]"#, r#"["/srv/\ufffdt\ufffd"]"#),
            (
                r#"["\ud83dx", "\ud83d\ud83d\ude00"]"#,
                r#"["\ufffdx", "\ufffd\ud83d\ude00"]"#,
            ),
            (r#"["\\\udce9\"NaN", NaN]"#, r#"["\\\ufffd\"NaN", null]"#),
        ] {
            assert_eq!(text(python).as_deref(), Some(json));
            serde_json::from_str::<serde_json::Value>(json).unwrap();
        }
    }

    #[test]
    fn what_is_json_or_something_else_stays() {
        for json in [
            "",
            r#"{"NaN": "Infinity \ud83d\ude00 \\udce9 \u00e9", "n": -1}"#,
            r#"["\ud8"#,
            r#""\"#,
            "[nan]",
        ] {
            assert_eq!(text(json), None, "{json}");
        }
    }

    proptest::proptest! {
        #[test]
        fn nothing_makes_it_panic_and_twice_is_once(text in r#"[NaInfity"\\ud8dc9e0-]{0,40}"#) {
            if let Some(once) = mended(text.as_bytes()) {
                proptest::prop_assert_eq!(mended(&once), None);
            }
        }
    }
}
