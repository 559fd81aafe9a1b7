//! Error pages.

use askama::Template;

use super::layout::Layout;
use super::words;

/// An error page.
#[derive(Debug, Template)]
#[template(path = "fault.html")]
pub struct ErrorPage {
    /// The page's frame.
    pub layout: Layout,
    /// The HTTP status.
    pub status: u16,
    /// Whether a form was refused only because its page is out of date.
    pub is_out_of_date: bool,
    /// Whether the search was too expensive.
    pub is_exhausted: bool,
    /// The request's id, to find it in the log.
    pub request_id: String,
    /// The sign-in page's address, if the user has to sign in.
    pub sign_in: Option<String>,
}

impl ErrorPage {
    /// Renders the page.
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

    /// Whether the server is at fault, so that its log says more.
    fn is_ours(&self) -> bool {
        self.status >= 500
    }
}
