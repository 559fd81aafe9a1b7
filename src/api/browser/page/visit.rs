//! One visit of a page: the caller, the language and the project.

use std::sync::Arc;

use actix_web::web::Data;
use actix_web::{HttpMessage, HttpRequest};

use super::csrf;
use super::language::Choice;
use super::row_view::RowView;
use crate::api::app::App;
use crate::api::browser::service::PAGES;
use crate::api::call::allow;
use crate::api::error::Error;
use crate::api::target::Target;
use crate::identity::{Caller, Rule};
use crate::message::Scope;
use crate::page::Layout;

/// A visit that passed the checks.
pub struct Visit {
    /// The server's parts.
    pub app: Data<App>,
    /// The caller.
    pub caller: Arc<Caller>,
    /// The project in the address, which is the caller's.
    pub project: String,
    /// The language of the page.
    pub choice: Choice,
    /// The policy rule of the operation.
    rule: Option<Rule>,
}

impl Visit {
    /// Refuses addresses of other projects than the caller's.
    pub fn begin(request: &HttpRequest) -> Result<Self, Error> {
        let (app, caller) = (App::of(request)?, caller(request)?);
        let target = Target::of(request);
        let own = target
            .project
            .clone()
            .filter(|project| caller.project.as_ref() == Some(project));
        let project = own.ok_or_else(|| Error::bad_request("Malformed request url"))?;
        Ok(Self {
            app: app.clone(),
            project,
            rule: target.rule,
            caller,
            choice: Choice::of(request),
        })
    }

    /// Checks the operation's policy rule in the project.
    pub fn allow(&self) -> Result<(), Error> {
        allow(&self.app, self.rule, &self.caller, Some(&self.project))
    }

    /// Whether policy also allows another operation in the project.
    pub fn may(&self, rule: Rule) -> Result<(), Error> {
        allow(&self.app, Some(rule), &self.caller, Some(&self.project))
    }

    /// The messages of the project, also for an admin.
    pub fn scope(&self) -> Scope {
        Scope::Project(self.project.clone())
    }

    /// How the caller sees rows at `now`, in microseconds since 1970.
    pub fn view(&self, now: i64) -> RowView {
        RowView {
            language: self.choice.language,
            now,
            project: self.project.clone(),
            links: self.app.resource_links.clone(),
            unknown_codes: self.app.unknown_codes.clone(),
        }
    }

    /// The frame of the page.
    pub fn layout(&self, request: &HttpRequest) -> Layout {
        Layout {
            has_overview: self.app.identity.is_noauth() || self.may(Rule::MessageOverview).is_ok(),
            project: Some(self.project.clone()),
            project_name: self.caller.project_name.clone(),
            ..layout_for(request, &self.app, &self.caller, self.choice)
        }
    }
}

/// The caller of a page.
pub fn caller(request: &HttpRequest) -> Result<Arc<Caller>, Error> {
    let caller = request.extensions().get::<Arc<Caller>>().cloned();
    caller
        .ok_or_else(|| Error::Internal("a page lies outside the layer that identifies its caller".to_owned()))
}

/// The frame of a page without a caller.
pub fn layout(request: &HttpRequest, app: &App, choice: Choice) -> Layout {
    let root = root(app);
    Layout {
        language: choice.language,
        here: here(request, &root),
        root,
        prefix: PAGES.prefix,
        ..Layout::default()
    }
}

/// The frame of a caller's page without a project.
pub fn layout_for(request: &HttpRequest, app: &App, caller: &Caller, choice: Choice) -> Layout {
    let is_open = app.identity.is_noauth();
    Layout {
        // Without sign-in, users only claim a name.
        user: (!is_open).then(|| caller.name().to_owned()),
        is_open,
        csrf: csrf::token(request),
        ..layout(request, app, choice)
    }
}

/// The path of the public endpoint, which precedes every path, without a slash at the end.
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

/// Path and query of the page, without the choice of a language and the result of the last form.
fn here(request: &HttpRequest, root: &str) -> String {
    let pairs = form_urlencoded::parse(request.query_string().as_bytes()).filter(|(key, _)| {
        !matches!(
            &**key,
            "language" | "deleted" | "marked" | "extent" | "change" | "undo"
        )
    });
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
