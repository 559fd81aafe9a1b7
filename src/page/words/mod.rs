//! The texts of the pages in each language. A missing text is a compile error.

mod chinese;
mod english;
mod text;

use crate::catalog::Language;

pub use text::{Counted, ErrorWords, Words};

/// Returns the texts in a language; in English for a language that a site added only to its catalog.
pub fn words(language: Language) -> &'static Words {
    match language.tag() {
        "zh_CN" => &chinese::WORDS,
        _ => &english::WORDS,
    }
}
