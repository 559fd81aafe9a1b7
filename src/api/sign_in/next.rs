//! Where somebody goes on after signing in.

use actix_web::HttpRequest;

use crate::api::app::App;

/// Longest address that is kept.
const LONGEST: usize = 2000;

/// A place on this server: the messages of a project, or something below them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Next {
    /// The project it is about.
    pub project: String,
    /// Path and query.
    pub path: String,
}

impl Next {
    /// The place that a client names, if it is one: what is no path of a project's messages could lead anywhere.
    pub fn parse(text: &str, app: &App) -> Option<Self> {
        let is_plain =
            |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'"' | b'<' | b'>' | b'#');
        if text.len() > LONGEST || !text.bytes().all(is_plain) {
            return None;
        }
        let path = text.split('?').next()?;
        let mut segments = path.strip_prefix("/v3/")?.split('/');
        let project = segments.next()?;
        let is_messages = segments.next() == Some("messages");
        // Nothing below "-" is a page to come back to.
        let is_page =
            segments.all(|segment| !matches!(segment, "" | "." | ".." | "-") && !segment.contains('%'));
        (is_messages && is_page && app.config.api.project_id_regex.matches(project)).then(|| Self {
            project: project.to_owned(),
            path: text.to_owned(),
        })
    }

    /// The place that the address of a request names as `next`.
    pub fn of(request: &HttpRequest, app: &App) -> Option<Self> {
        let mut pairs = form_urlencoded::parse(request.query_string().as_bytes());
        let (_, next) = pairs.find(|(key, _)| key == "next")?;
        Self::parse(&next, app)
    }

    /// The page that a request asks for.
    pub fn here(request: &HttpRequest, app: &App) -> Option<Self> {
        let uri = request.uri();
        Self::parse(uri.path_and_query().map_or(uri.path(), |path| path.as_str()), app)
    }

    /// The list of a project's messages.
    pub fn list(project: &str) -> Self {
        Self {
            project: project.to_owned(),
            path: format!("/v3/{project}/messages"),
        }
    }
}
