//! What a reader gets instead of the page asked for.

use askama::Template;

use super::layout::Layout;
use super::words;

/// The page of an error.
#[derive(Debug, Template)]
#[template(path = "fault.html")]
pub struct ErrorPage {
    /// What is around it.
    pub layout: Layout,
    /// The HTTP status.
    pub status: u16,
    /// Whether a form was refused only because its page was shown too long ago.
    pub is_out_of_date: bool,
    /// Whether it was too much to search.
    pub is_exhausted: bool,
    /// The request's id, for those who look into the log.
    pub request_id: String,
    /// Where to sign in, where that is what is missing.
    pub sign_in: Option<String>,
}

impl ErrorPage {
    /// The page.
    pub fn html(&self) -> String {
        super::text(self)
    }

    fn words_of(&self) -> &'static words::ErrorWords {
        let w = self.layout.words();
        match self.status {
            401 => &w.unauthorized,
            403 if self.is_out_of_date => &w.out_of_date,
            403 => &w.forbidden,
            404 => &w.not_found,
            413 | 429 => &w.too_much,
            503 if self.is_exhausted => &w.exhausted,
            503 => &w.unavailable,
            500.. => &w.internal,
            _ => &w.bad_request,
        }
    }

    /// Whether the log has more to say.
    fn is_ours(&self) -> bool {
        self.status >= 500
    }
}
