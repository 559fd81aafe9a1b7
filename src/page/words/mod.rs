//! The texts of the pages themselves, in each language. A text that is missing in one does not compile.

mod chinese;
mod english;

use crate::catalog::Language;

/// The texts of the pages in one language.
#[derive(Debug)]
#[expect(missing_docs, reason = "each says what it is, in English, in its own file")]
pub struct Words {
    pub title: &'static str,
    pub skip: &'static str,
    pub language: &'static str,
    pub project: &'static str,
    pub signed_in_as: &'static str,
    pub open: &'static str,
    pub messages: &'static str,
    pub just_now: &'static str,
    pub minutes_ago: Counted,
    pub hours_ago: Counted,
    pub days_ago: Counted,
    pub empty: &'static str,
}

/// A text with a number in it, whose place is `{}`.
#[derive(Debug)]
pub struct Counted {
    /// For one.
    pub one: &'static str,
    /// For any other number.
    pub many: &'static str,
}

impl Counted {
    /// The text with its number.
    pub fn of(&self, number: i64) -> String {
        let text = if number == 1 { self.one } else { self.many };
        text.replace("{}", &number.to_string())
    }
}

/// The texts in a language; in English for one that a site has added to the catalog alone.
pub fn words(language: Language) -> &'static Words {
    match language.tag() {
        "zh_CN" => &chinese::WORDS,
        _ => &english::WORDS,
    }
}
