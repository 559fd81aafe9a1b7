//! The texts of the pages themselves, in each language. A text that is missing in one does not compile.

mod chinese;
mod english;
mod text;

use crate::catalog::Language;

pub use text::{ErrorWords, Words};

/// The texts in a language; in English for one that a site has added to the catalog alone.
pub fn words(language: Language) -> &'static Words {
    match language.tag() {
        "zh_CN" => &chinese::WORDS,
        _ => &english::WORDS,
    }
}
