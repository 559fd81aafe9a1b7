//! Languages on the command line.

use super::failure::Failure;
use crate::catalog::Language;
use crate::spelling;

/// Finds a language by a tag such as `en`, `zh_CN` or `zh-CN`.
///
/// # Errors
/// [`Failure::NotFound`], which lists the languages.
pub fn of_tag(tag: &str) -> Result<Language, Failure> {
    Language::ALL
        .into_iter()
        .find(|language| language.tag() == tag || language.http_tag() == tag)
        .ok_or_else(|| {
            let known = Language::ALL.map(|language| format!("{} ({})", language.tag(), language.name()));
            let all = || format!("; the languages are {}", known.join(", "));
            let hint = spelling::hint_or(tag, Language::ALL.into_iter().map(Language::tag), all);
            Failure::NotFound(format!("no language {tag}{hint}"))
        })
}
