//! Where a browser continues after the sign-in.

use actix_web::HttpRequest;

use crate::api::app::App;
use crate::api::browser::service::PAGES;

/// Longest address, in bytes.
const LONGEST: usize = 2000;

/// An address on this server: the messages of a project, or a page below them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Next {
    /// The project in it.
    pub project: String,
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
        let project = parts.project?.to_owned();
        let mut segments = parts.rest.split('/');
        let is_messages = segments.next() == Some("messages");
        // Nothing below "-" is a page to return to.
        let is_page =
            segments.all(|segment| !matches!(segment, "" | "." | ".." | "-") && !segment.contains('%'));
        (is_messages && is_page).then(|| Self {
            project,
            path: text.to_owned(),
        })
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
            project: project.to_owned(),
            path: format!("{}/{project}/messages", PAGES.prefix),
        }
    }
}
