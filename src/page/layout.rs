//! The frame of every page: heading, signed-in user, languages.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::asset::{ICON, OTHER_STYLE, OVERVIEW_STYLE, SCRIPT, STYLE};
use super::inbox_words as inbox;
use super::sign_in_words as sign_in;
use super::words::{Words, words};
use crate::catalog::Language;
use crate::legible::shown;

/// The characters that need no escaping in a path segment or query value.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// What every page needs.
#[derive(Debug, Clone, Default)]
pub struct Layout {
    /// The language of the page.
    pub language: Language,
    /// The path of the public endpoint, prefixed to every path, without a trailing slash; usually empty.
    pub root: String,
    /// The start of the paths of messages below the root.
    pub prefix: &'static str,
    /// The name of the signed-in user.
    pub user: Option<String>,
    /// Whether sign-in is off, so that users name themselves.
    pub is_open: bool,
    /// Whether the reader may see the operators' view.
    pub has_overview: bool,
    /// The page's project.
    pub project: Option<String>,
    /// The project's name, if known.
    pub project_name: Option<String>,
    /// The token that forms send back to prove their origin.
    pub csrf: String,
    /// The page's own path and query, for the language links.
    pub here: String,
}

impl Layout {
    /// The texts of the page.
    pub fn words(&self) -> &'static Words {
        words(self.language)
    }

    /// The texts of the inbox.
    pub fn inbox_words(&self) -> &'static inbox::Words {
        inbox::words(self.language)
    }

    /// The texts of sign-in.
    pub fn sign_in_words(&self) -> &'static sign_in::Words {
        sign_in::words(self.language)
    }

    /// Whether there is a session to end or to switch to another project.
    pub fn can_sign_out(&self) -> bool {
        !self.is_open && self.user.is_some() && !self.csrf.is_empty()
    }

    /// Returns the project's name, or its id if the name is unknown.
    pub fn title<'a>(&'a self, project: &'a str) -> Cow<'a, str> {
        shown(self.project_name.as_deref().unwrap_or(project))
    }

    /// Returns the path of the project's messages, or the home page without a project.
    pub fn messages(&self) -> String {
        self.messages_of(self.project.as_deref().unwrap_or("-"))
    }

    /// Returns the path of a project's messages.
    pub fn messages_of(&self, project: &str) -> String {
        format!("{}{}/{}/messages", self.root, self.prefix, encode(project))
    }

    /// Returns the address of the list with this query string, which may be empty.
    pub fn list(&self, query: impl AsRef<str>) -> String {
        match query.as_ref() {
            "" => self.messages(),
            query => format!("{}?{query}", self.messages()),
        }
    }

    /// Returns the path of the operators' view.
    pub fn overview(&self) -> String {
        format!("{}{}/messages", self.root, self.prefix)
    }

    /// Returns the address that asks whether to delete what is selected in a list.
    pub fn delete<'a>(&self, list: &str, selected: impl Iterator<Item = &'a str>) -> String {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("list", list)
            .extend_pairs(selected.map(|id| ("id", id)))
            .finish();
        format!("{}/-/delete?{query}", self.messages())
    }

    /// Returns the path of the catalog: the project's, or the public one.
    pub fn catalog(&self) -> String {
        match self.project {
            Some(_) => format!("{}/-/catalog", self.messages()),
            None => format!("{}/catalog", self.root),
        }
    }

    /// Returns the path of a code's entry in the catalog.
    pub fn entry(&self, code: &str) -> String {
        format!("{}/{}", self.catalog(), encode(code))
    }

    /// Returns the path of the style sheet. Static files have the same address for all projects.
    pub fn style(&self) -> String {
        self.asset(&STYLE.name)
    }

    /// Returns the path of the style sheet of what is neither a list nor the catalog or the operators' view.
    pub fn other_style(&self) -> String {
        self.asset(&OTHER_STYLE.name)
    }

    /// Returns the path of the style sheet of the catalog and the operators' view.
    pub fn overview_style(&self) -> String {
        self.asset(&OVERVIEW_STYLE.name)
    }

    /// Returns the path of the script.
    pub fn script(&self) -> String {
        self.asset(&SCRIPT.name)
    }

    /// Returns the path of the icon.
    pub fn icon(&self) -> String {
        self.asset(&ICON.name)
    }

    /// Returns the languages, each with this page's address in it.
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

/// Escapes a text as a path segment or query value.
pub fn encode(text: &str) -> String {
    utf8_percent_encode(text, PLAIN).to_string()
}
