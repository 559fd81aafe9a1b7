//! The language of a page: the one in the address, then the one in the cookie, then the browser's.

use actix_web::HttpRequest;

use crate::api::accept;
use crate::api::browser::cookie::cookie;
use crate::catalog::Language;

/// The cookie that remembers the choice.
const COOKIE: &str = "tidings_language";

/// A year, in seconds.
const AGE: u32 = 31_536_000;

/// The language of a page.
#[derive(Debug, Clone, Copy)]
pub struct Choice {
    /// The language.
    pub language: Language,
    /// Whether this request chose it.
    is_new: bool,
}

impl Choice {
    /// The language of a request.
    pub fn of(request: &HttpRequest) -> Self {
        let chosen = form_urlencoded::parse(request.query_string().as_bytes())
            .find(|(key, _)| key == "language")
            .and_then(|(_, tag)| known(&tag));
        if let Some(language) = chosen {
            return Self {
                language,
                is_new: true,
            };
        }
        let remembered = cookie(request.headers(), COOKIE).and_then(known);
        Self {
            language: remembered.unwrap_or_else(|| accept::language(request.headers())),
            is_new: false,
        }
    }

    /// The cookie for a new choice.
    pub fn cookie(self) -> Option<String> {
        let tag = self.language.tag();
        self.is_new
            .then(|| format!("{COOKIE}={tag}; Path=/; Max-Age={AGE}; HttpOnly; SameSite=Lax"))
    }
}

fn known(tag: &str) -> Option<Language> {
    Language::ALL.into_iter().find(|language| language.tag() == tag)
}
