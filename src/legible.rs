//! Texts that are shown as they are, and those that could pass for others: names with controls that turn the direction of
//! the text around them, and names of which nothing is seen.

use std::borrow::Cow;
use std::fmt::Write;

use icu_properties::CodePointSetData;
use icu_properties::props::{BidiControl, DefaultIgnorableCodePoint};

/// Whether a text may be taken for a name: something of it is seen, and nothing in it changes how the rest is shown.
pub fn is_legible(text: &str) -> bool {
    !text.chars().any(is_deceptive) && !text.chars().all(is_invisible)
}

/// A text as people are shown it: what [`is_legible`] refuses is spelt out, as `\u{202e}`.
pub fn shown(text: &str) -> Cow<'_, str> {
    // Nearly all texts are plain, and cost one look.
    if text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) && !text.trim().is_empty() {
        return Cow::Borrowed(text);
    }
    let nothing_is_seen = text.chars().all(is_invisible);
    let is_spelt_out = |character: char| nothing_is_seen || is_deceptive(character);
    if !text.chars().any(is_spelt_out) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if is_spelt_out(character) {
            // Writing into memory does not fail.
            let _ = write!(shown, "{}", character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

/// Control characters, line breaks of any kind, and what changes the direction of the text behind it.
fn is_deceptive(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{2028}' | '\u{2029}')
        || CodePointSetData::new::<BidiControl>().contains(character)
}

/// What leaves no mark: white space, what Unicode has renderers leave out, and the few blanks that it counts as symbols.
fn is_invisible(character: char) -> bool {
    character.is_whitespace()
        || character.is_control()
        || matches!(character, '\u{2800}' | '\u{fff9}'..='\u{fffb}')
        || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BIDI: [char; 12] = [
        '\u{61c}', '\u{200e}', '\u{200f}', '\u{202a}', '\u{202b}', '\u{202c}', '\u{202d}', '\u{202e}',
        '\u{2066}', '\u{2067}', '\u{2068}', '\u{2069}',
    ];

    #[test]
    fn names_of_every_script_are_legible_and_shown_as_they_are() {
        for name in [
            "pulp-f17",
            "Fedora 17 (x86_64)",
            "仓库",
            "مستودع",
            "מאגר",
            "नमस्\u{200d}ते",
            "می\u{200c}خواهم",
            "👩\u{200d}🚀",
            "cafe\u{301}",
            "a\u{a0}b",
        ] {
            assert!(is_legible(name), "{name:?}");
            assert_eq!(shown(name), name);
        }
    }

    #[test]
    fn a_text_that_turns_what_is_around_it_is_refused_and_spelt_out() {
        for control in BIDI {
            let name = format!("f17{control}gpj.exe");
            assert!(!is_legible(&name), "{name:?}");
            assert_eq!(shown(&name), format!("f17{}gpj.exe", control.escape_unicode()));
        }
        for control in ['\n', '\u{1b}', '\u{7f}', '\u{9b}', '\u{2028}', '\u{2029}'] {
            let name = format!("a{control}b");
            assert!(!is_legible(&name), "{name:?}");
            assert!(!shown(&name).contains(control), "{name:?}");
        }
    }

    #[test]
    fn a_text_of_which_nothing_is_seen_is_refused_and_spelt_out() {
        for name in [
            " ",
            "\u{200b}",
            "\u{200d}\u{200c}",
            "\u{2060}\u{feff}",
            "\u{3164}",
            "\u{2800}",
            "\u{115f}",
            "\u{ad}",
            "\u{e0041}",
            "\u{fe0f}",
            "\u{a0}\u{3000}",
            "\u{fffa}",
        ] {
            assert!(!is_legible(name), "{name:?}");
            let spelt: String = name
                .chars()
                .map(|character| character.escape_unicode().to_string())
                .collect();
            assert_eq!(shown(name), spelt);
        }
        assert_eq!(shown(""), "");
    }
}
