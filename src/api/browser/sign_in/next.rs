//! Where a browser continues after the sign-in.

use actix_web::HttpRequest;

use crate::api::app::App;
use crate::api::browser::service::PAGES;

/// Longest address, in bytes.
const LONGEST: usize = 2000;

/// An address on this server: the messages of a project, a page below them, or the operators' view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Next {
    /// The project in it; none for the operators' view, which any project leads to.
    pub project: Option<String>,
    /// Path and query.
    pub path: String,
}

impl Next {
    /// Reads an address that a client names. Any other path could redirect anywhere.
    pub fn parse(text: &str, app: &App) -> Option<Self> {
        let is_plain =
            |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'"' | b'<' | b'>' | b'#');
        if text.len() > LONGEST || !text.bytes().all(is_plain) {
            return None;
        }
        let path = text.split('?').next()?;
        let parts = app.router.parts(path);
        let mut segments = parts.rest.split('/');
        let is_messages = segments.next() == Some("messages");
        // Nothing below "-" is a page to return to.
        let is_page =
            segments.all(|segment| !matches!(segment, "" | "." | ".." | "-") && !segment.contains('%'));
        let is_overview = parts.service.is_some() && parts.rest == "messages";
        let is_known = parts.project.is_some() || is_overview;
        (is_messages && is_page && is_known).then(|| Self {
            project: parts.project.map(str::to_owned),
            path: text.to_owned(),
        })
    }

    /// Whether a session for the project leads there.
    pub fn is_for(&self, project: &str) -> bool {
        self.project.as_deref().is_none_or(|own| own == project)
    }

    /// The address in the parameter `next` of a request.
    pub fn of(request: &HttpRequest, app: &App) -> Option<Self> {
        let mut pairs = form_urlencoded::parse(request.query_string().as_bytes());
        let (_, next) = pairs.find(|(key, _)| key == "next")?;
        Self::parse(&next, app)
    }

    /// The address of a request.
    pub fn here(request: &HttpRequest, app: &App) -> Option<Self> {
        let uri = request.uri();
        Self::parse(uri.path_and_query().map_or(uri.path(), |path| path.as_str()), app)
    }

    /// The list of a project's messages.
    pub fn list(project: &str) -> Self {
        Self {
            project: Some(project.to_owned()),
            path: format!("{}/{project}/messages", PAGES.prefix),
        }
    }
}
