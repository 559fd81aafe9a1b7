//! The `Language` enum and the facts about each language.

use std::fmt::{Result, Write};

use super::super::source::Language;

pub(super) fn write(out: &mut String, languages: &[Language]) -> Result {
    let count = languages.len();
    writeln!(out, "/// A language of the texts.")?;
    writeln!(
        out,
        "#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]\npub enum Language {{"
    )?;
    for language in languages {
        let default = if language.tag == "en" { "#[default] " } else { "" };
        writeln!(
            out,
            "/// {}\n{default}{},",
            language.name.value, language.constant.value
        )?;
    }
    writeln!(
        out,
        "}}\nimpl Language {{\n/// Every language, English first.\npub const ALL: [Self; {count}] = ["
    )?;
    for language in languages {
        writeln!(out, "Self::{},", language.constant.value)?;
    }
    writeln!(out, "];\n}}\npub(super) const LANGUAGES: usize = {count};")?;
    writeln!(out, "pub(super) static FACTS: [Facts; LANGUAGES] = [")?;
    for language in languages {
        let mut accept: Vec<&str> = language.accept.iter().map(|tag| tag.value.as_str()).collect();
        let http_tag = language.tag.replace('_', "-");
        accept.push(&http_tag);
        writeln!(
            out,
            "Facts {{ tag: {:?}, http_tag: {http_tag:?}, accept: &{accept:?},",
            language.tag
        )?;
        writeln!(
            out,
            "name: {:?}, separator: {:?},",
            language.name.value, language.separator.value
        )?;
        writeln!(
            out,
            "decimal_point: {:?}, words: Words {{",
            language.decimal_point.value
        )?;
        for (word, text) in &language.words {
            writeln!(out, "{word}: {:?},", text.value)?;
        }
        writeln!(out, "}} }},")?;
    }
    writeln!(out, "];")
}
