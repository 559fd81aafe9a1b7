//! What is around every page: heading, who is signed in, the languages.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::asset::{ICON, SCRIPT, STYLE};
use super::sign_in_words as sign_in;
use super::words::{Words, words};
use crate::catalog::Language;
use crate::legible::shown;

/// What may stand in a path's segment or a query's value as it is.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// What every page needs to know.
#[derive(Debug, Clone, Default)]
pub struct Layout {
    /// The language of the page.
    pub language: Language,
    /// What stands before every path: the path of the public endpoint, without a slash at the end; mostly empty.
    pub root: String,
    /// What the paths of messages begin with below the root.
    pub prefix: &'static str,
    /// The name of whoever is signed in.
    pub user: Option<String>,
    /// Whether nobody needs to sign in, and everybody is whoever they say.
    pub is_open: bool,
    /// The project that the page is about.
    pub project: Option<String>,
    /// That project's name, where it is known.
    pub project_name: Option<String>,
    /// What forms send back to prove that they come from this page.
    pub csrf: String,
    /// Path and query of the page itself, for the links that change the language.
    pub here: String,
}

impl Layout {
    /// The texts of the page.
    pub fn words(&self) -> &'static Words {
        words(self.language)
    }

    /// The texts of sign-in.
    pub fn sign_in_words(&self) -> &'static sign_in::Words {
        sign_in::words(self.language)
    }

    /// Whether there is a session to end or to take into another project.
    pub fn can_sign_out(&self) -> bool {
        !self.is_open && self.user.is_some() && !self.csrf.is_empty()
    }

    /// What to call the project: its name, or its id where the name is not known.
    pub fn title<'a>(&'a self, project: &'a str) -> Cow<'a, str> {
        shown(self.project_name.as_deref().unwrap_or(project))
    }

    /// The path of the project's messages; that of no project, where there is none.
    pub fn messages(&self) -> String {
        let project = self.project.as_deref().unwrap_or("-");
        format!("{}{}/{}/messages", self.root, self.prefix, encode(project))
    }

    /// The address of the list with this query string, which may be empty.
    pub fn list(&self, query: impl AsRef<str>) -> String {
        match query.as_ref() {
            "" => self.messages(),
            query => format!("{}?{query}", self.messages()),
        }
    }

    /// The path of the style sheet. Files are the same for all projects, and so are their addresses.
    pub fn style(&self) -> String {
        self.asset(&STYLE.name)
    }

    /// The path of the script.
    pub fn script(&self) -> String {
        self.asset(&SCRIPT.name)
    }

    /// The path of the icon.
    pub fn icon(&self) -> String {
        self.asset(&ICON.name)
    }

    /// The languages there are, each with the address of this page in it.
    pub fn languages(&self) -> Vec<(Language, String)> {
        let sign = if self.here.contains('?') { '&' } else { '?' };
        Language::ALL
            .into_iter()
            .map(|language| {
                (
                    language,
                    format!("{}{sign}language={}", self.here, language.tag()),
                )
            })
            .collect()
    }

    fn asset(&self, name: &str) -> String {
        format!("{}{}/-/messages/-/static/{name}", self.root, self.prefix)
    }
}

/// A text as one segment of a path or one value of a query.
pub fn encode(text: &str) -> String {
    utf8_percent_encode(text, PLAIN).to_string()
}
