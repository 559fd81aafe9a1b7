//! Shortens text and lists of unknown length for errors and log lines.

use std::borrow::Cow;
use std::fmt::{Display, Write};

/// The most bytes of a name that an error repeats.
pub const NAME: usize = 64;

/// Returns the text, or its first `most` bytes followed by its length.
pub fn brief(text: &str, most: usize) -> Cow<'_, str> {
    if text.len() <= most {
        return Cow::Borrowed(text);
    }
    let end = (0..=most)
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0);
    Cow::Owned(format!("{}... ({} bytes)", &text[..end], text.len()))
}

/// Joins the first `most` items and counts the rest: "a, b, and 3 more".
pub fn listed<T: Display>(items: impl IntoIterator<Item = T>, separator: &str, most: usize) -> String {
    let mut items = items.into_iter();
    let mut text = String::new();
    for item in items.by_ref().take(most) {
        if !text.is_empty() {
            text.push_str(separator);
        }
        // Writing to a String cannot fail.
        let _ = write!(text, "{item}");
    }
    match items.count() {
        0 => text,
        more => format!("{text}{separator}and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert!(matches!(brief("short", 5), Cow::Borrowed("short")));
        assert_eq!(brief("äöü", 3), "ä... (6 bytes)");
    }

    #[test]
    fn a_long_list_names_the_first_and_counts_the_rest() {
        assert_eq!(listed(["a", "b"], ", ", 2), "a, b");
        assert_eq!(listed(1..=100, "; ", 2), "1; 2; and 98 more");
        assert_eq!(listed([""; 0], ", ", 2), "");
    }
}
