//! Languages on the command line.

use super::failure::Failure;
use crate::catalog::Language;
use crate::spelling;

/// The language of a tag such as `en`, `zh_CN` or `zh-CN`.
///
/// # Errors
/// [`Failure::NotFound`], naming the languages that there are.
pub fn of_tag(tag: &str) -> Result<Language, Failure> {
    Language::ALL
        .into_iter()
        .find(|language| language.tag() == tag || language.http_tag() == tag)
        .ok_or_else(|| {
            let known = Language::ALL.map(|language| format!("{} ({})", language.tag(), language.name()));
            let all = || format!("; there are {}", known.join(", "));
            let hint = spelling::hint_or(tag, Language::ALL.into_iter().map(Language::tag), all);
            Failure::NotFound(format!("there is no language {tag}{hint}"))
        })
}
