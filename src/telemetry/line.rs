//! Makes every event of the log a single line, whatever it contains.
//!
//! `tracing-subscriber` escapes only some control characters, only in messages, and never line breaks: a field logged
//! with `Display` could forge a line or manipulate the reader's terminal. So the finished line is checked as a whole.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Returns the line without its trailing line break, with all control characters escaped as in JSON (so JSON stays
/// JSON). With `colours`, the formatter's own colour codes are kept.
pub(super) fn clean(line: &str, colours: bool) -> Cow<'_, str> {
    let harmless = |byte: u8| (0x20..0x7f).contains(&byte);
    if line.bytes().all(harmless) || !line.chars().any(is_harmful) {
        return Cow::Borrowed(line);
    }
    let mut text = String::with_capacity(line.len() + 16);
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let colour = if colours { colour_length(rest) } else { 0 };
        let length = colour.max(first.len_utf8());
        if colour == 0 && is_harmful(first) {
            escape(&mut text, first);
        } else {
            text.push_str(&rest[..length]);
        }
        rest = &rest[length..];
    }
    Cow::Owned(text)
}

/// Control characters, other line breaks, and marks that change the writing direction.
fn is_harmful(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn escape(text: &mut String, c: char) {
    match c {
        '\n' => text.push_str("\\n"),
        '\r' => text.push_str("\\r"),
        '\t' => text.push_str("\\t"),
        _ => {
            let _ = write!(text, "\\u{:04x}", u32::from(c));
        }
    }
}

/// Returns the length of the colour code (`ESC [ digits m`) at the start of `text`; 0 if there is none.
fn colour_length(text: &str) -> usize {
    let Some(rest) = text.strip_prefix("\x1b[") else {
        return 0;
    };
    let digits = rest
        .bytes()
        .take_while(|byte| byte.is_ascii_digit() || *byte == b';')
        .count();
    if rest.as_bytes().get(digits) == Some(&b'm') {
        2 + digits + 1
    } else {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn harmless_text_is_not_copied() {
        for line in ["plain text", "größe 大小 🦀", ""] {
            assert!(matches!(clean(line, false), Cow::Borrowed(same) if same == line));
        }
    }

    #[test]
    fn nothing_breaks_a_line_or_moves_a_cursor() {
        assert_eq!(clean("a\nb\r\tc\0", false), "a\\nb\\r\\tc\\u0000");
        assert_eq!(
            clean("\u{85}\u{2028}\u{2029}\u{202e}\u{7f}é", false),
            "\\u0085\\u2028\\u2029\\u202e\\u007fé"
        );
        assert_eq!(clean("\x1b[31mred\x1b[2J", false), "\\u001b[31mred\\u001b[2J");
    }

    #[test]
    fn on_a_terminal_only_colours_pass() {
        assert_eq!(
            clean("\x1b[2;31mred\x1b[0m\x1b[2J\x1b]0;t\x07", true),
            "\x1b[2;31mred\x1b[0m\\u001b[2J\\u001b]0;t\\u0007"
        );
        assert_eq!(clean("end\x1b[1", true), "end\\u001b[1");
    }
}
