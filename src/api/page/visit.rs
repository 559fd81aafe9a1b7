//! One visit of a page: who reads it, in which language, about which project.

use std::sync::Arc;

use actix_web::web::Data;
use actix_web::{HttpMessage, HttpRequest};

use super::csrf;
use super::language::Choice;
use super::reader::Reader;
use crate::api::app::App;
use crate::api::call;
use crate::api::error::Error;
use crate::identity::{Caller, Rule};
use crate::message::Scope;
use crate::page::Layout;

/// A visit that passed the checks.
pub struct Visit {
    /// What the server is made of.
    pub app: Data<App>,
    /// Who reads.
    pub caller: Arc<Caller>,
    /// The project in the address, which is the reader's.
    pub project: String,
    /// The language of the page.
    pub choice: Choice,
}

impl Visit {
    /// Checks who reads, and that the address is about the reader's own project.
    pub fn begin(request: &HttpRequest) -> Result<Self, Error> {
        let app = request
            .app_data::<Data<App>>()
            .ok_or_else(|| Error::Internal("no app data".to_owned()))?;
        let caller = request.extensions().get::<Arc<Caller>>().cloned();
        let caller = caller.ok_or_else(|| {
            Error::Internal("a page lies outside the layer that identifies its caller".to_owned())
        })?;
        let project = request.match_info().get("project_id").unwrap_or_default();
        if caller.project.as_deref() != Some(project) {
            return Err(Error::BadRequest("Malformed request url".to_owned()));
        }
        Ok(Self {
            app: app.clone(),
            project: project.to_owned(),
            caller,
            choice: Choice::of(request),
        })
    }

    /// Whether policy allows it in the project.
    pub fn may(&self, rule: Rule) -> Result<(), Error> {
        call::allow(&self.app, rule, &self.caller, Some(&self.project))
    }

    /// The messages that a page is about: those of the project, for an admin, too.
    pub fn scope(&self) -> Scope {
        Scope::Project(self.project.clone())
    }

    /// How the project's rows look to the reader at `now`, in microseconds since 1970.
    pub fn reader(&self, now: i64) -> Reader {
        Reader {
            language: self.choice.language,
            now,
            project: self.project.clone(),
            links: self.app.resource_links.clone(),
            unknown_codes: self.app.unknown_codes.clone(),
        }
    }

    /// What is around the page.
    pub fn layout(&self, request: &HttpRequest) -> Layout {
        Layout {
            user: Some(self.caller.name().to_owned()),
            is_open: self.app.identity.trusts_everybody(),
            project: Some(self.project.clone()),
            project_name: self.caller.project_name.clone(),
            csrf: csrf::token(request),
            ..layout(request, &self.app, self.choice)
        }
    }
}

/// What is around a page that is about nobody in particular.
pub fn layout(request: &HttpRequest, app: &App, choice: Choice) -> Layout {
    let root = root(app);
    Layout {
        language: choice.language,
        here: here(request, &root),
        root,
        ..Layout::default()
    }
}

/// What stands before every path: that of the public endpoint, without a slash at the end.
pub fn root(app: &App) -> String {
    let endpoint = app.config.api.public_endpoint.as_ref();
    endpoint.map_or(String::new(), |endpoint| path_of(&endpoint.to_string()))
}

/// The path of a URL without a slash at the end.
fn path_of(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.find('/')
        .map_or("", |at| rest[at..].trim_end_matches('/'))
        .to_owned()
}

/// Path and query of the page, without the choice of a language and what was just done.
fn here(request: &HttpRequest, root: &str) -> String {
    let pairs = form_urlencoded::parse(request.query_string().as_bytes())
        .filter(|(key, _)| !matches!(&**key, "language" | "deleted" | "marked"));
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish();
    let path = request.path();
    if query.is_empty() {
        format!("{root}{path}")
    } else {
        format!("{root}{path}?{query}")
    }
}
