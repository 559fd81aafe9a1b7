//! Detects and escapes deceptive names: characters that change how the surrounding text is displayed or have a meaning
//! on some systems only, and names that are invisible.

use std::borrow::Cow;
use std::fmt::Write;

use icu_properties::props::{
    DefaultIgnorableCodePoint, GeneralCategory, GeneralCategoryGroup, NoncharacterCodePoint,
    PrependedConcatenationMark,
};
use icu_properties::{CodePointMapData, CodePointSetData};

/// Whether a text is fit to be a name: part of it is visible, it does not start with a combining mark, and no character
/// changes how the surrounding text is displayed.
pub fn is_legible(text: &str) -> bool {
    is_plain(text)
        || !text.chars().any(is_deceptive)
            && text
                .chars()
                .find(|character| !is_invisible(*character))
                .is_some_and(|first| !is_mark(first))
}

/// Returns a text for display: characters that [`is_legible`] rejects are escaped as `\u{202e}`.
pub fn shown(text: &str) -> Cow<'_, str> {
    if is_legible(text) {
        return Cow::Borrowed(text);
    }
    let nothing_is_seen = text.chars().all(is_invisible);
    let mut has_base = false;
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        let is_lone_mark = !has_base && is_mark(character);
        has_base |= !is_lone_mark && !is_invisible(character);
        if nothing_is_seen || is_lone_mark || is_deceptive(character) {
            // Writing into memory does not fail.
            let _ = write!(shown, "{}", character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

/// A quick check that nearly all texts pass.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) && !text.trim().is_empty()
}

/// Control and format characters, including those that change the text's direction, line breaks of any kind, unassigned
/// and private-use characters. Joiners, which the writing of many languages needs, and the visible format characters of
/// Arabic and Syriac are allowed.
fn is_deceptive(character: char) -> bool {
    match category(character) {
        GeneralCategory::Control
        | GeneralCategory::LineSeparator
        | GeneralCategory::ParagraphSeparator
        | GeneralCategory::PrivateUse => true,
        GeneralCategory::Format => {
            !matches!(character, '\u{200c}' | '\u{200d}')
                && !CodePointSetData::new::<PrependedConcatenationMark>().contains(character)
        }
        GeneralCategory::Unassigned => CodePointSetData::new::<NoncharacterCodePoint>().contains(character),
        _ => false,
    }
}

/// Characters without a glyph: white space, those that Unicode tells renderers to ignore, and a few blank symbols.
fn is_invisible(character: char) -> bool {
    character.is_whitespace()
        || character.is_control()
        || matches!(character, '\u{2800}' | '\u{1d159}' | '\u{fff9}'..='\u{fffb}')
        || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(character)
}

/// Characters that combine with the preceding one.
fn is_mark(character: char) -> bool {
    GeneralCategoryGroup::Mark.contains(category(character))
}

fn category(character: char) -> GeneralCategory {
    CodePointMapData::<GeneralCategory>::new().get(character)
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
            "\u{600}123",
            "❤\u{fe0f}",
            "\u{915}\u{93f}",
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
    fn what_is_no_character_everywhere_is_refused_and_spelt_out() {
        for (character, spelt) in [
            ('\u{ffff}', "\\u{ffff}"),
            ('\u{fdd0}', "\\u{fdd0}"),
            ('\u{1fffe}', "\\u{1fffe}"),
            ('\u{e000}', "\\u{e000}"),
            ('\u{f0000}', "\\u{f0000}"),
            ('\u{10fffd}', "\\u{10fffd}"),
            ('\u{ad}', "\\u{ad}"),
            ('\u{200b}', "\\u{200b}"),
            ('\u{2060}', "\\u{2060}"),
            ('\u{feff}', "\\u{feff}"),
            ('\u{fffa}', "\\u{fffa}"),
            ('\u{1d173}', "\\u{1d173}"),
            ('\u{e0041}', "\\u{e0041}"),
        ] {
            let name = format!("a{character}b");
            assert!(!is_legible(&name), "{spelt}");
            assert_eq!(shown(&name), format!("a{spelt}b"));
        }
    }

    #[test]
    fn a_mark_without_a_character_in_front_of_it_is_refused_and_spelt_out() {
        for (name, spelt) in [
            ("\u{301}", "\\u{301}"),
            ("\u{301}\u{302}a", "\\u{301}\\u{302}a"),
            (" \u{20dd}", " \\u{20dd}"),
            ("\u{200d}\u{301}e\u{301}", "\u{200d}\\u{301}e\u{301}"),
        ] {
            assert!(!is_legible(name), "{spelt}");
            assert_eq!(shown(name), spelt);
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
            "\u{1d159}",
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
