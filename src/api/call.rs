//! One call of the `/v3` API: who calls, in which version, about which project; and the checks that come before any
//! operation, in block storage's order.

use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::header::{self, HeaderMap};
use actix_web::web::{Bytes, Data};
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use futures_util::future::LocalBoxFuture;

use super::accept::{self, Form};
use super::app::App;
use super::error::Error;
use super::sign_in::session;
use super::version::{self, Version};
use super::{body, links};
use crate::catalog::Language;
use crate::identity::{Caller, DomainProjects, Rule};
use crate::message::Scope;
use crate::telemetry::RequestId;

/// A call that passed the checks.
pub struct Call {
    /// What the server is made of.
    pub app: Data<App>,
    /// Who calls.
    pub caller: Arc<Caller>,
    /// The microversion it is answered in.
    pub version: Version,
    /// The project in the URL, if there is one.
    pub project: Option<String>,
    /// The language of its texts.
    pub language: Language,
    /// Its id.
    pub request_id: RequestId,
    /// Scheme, host and prefix of links.
    pub base: String,
}

/// The microversion of a response, for the header that the outermost layer writes.
#[derive(Clone)]
pub struct Echo(pub String);

impl Call {
    /// Checks version and media type, the steps that come before a method is looked for.
    ///
    /// `default` is the version of a request that names none.
    pub fn begin(request: &HttpRequest, default: Version) -> Result<Self, Error> {
        Self::begin_with(request, default, has_body(request.headers()))
    }

    /// The same for an operation that takes no body. Some clients and proxies send an empty chunked body with every method,
    /// which counts as none. Also returns the first bytes of a body.
    pub async fn begin_without_body(
        request: &HttpRequest,
        payload: &mut Payload,
        default: Version,
    ) -> Result<(Self, Option<Bytes>), Error> {
        let headers = request.headers();
        let mut body = has_body(headers).then(Bytes::new);
        if has_media_type(headers) && headers.contains_key(header::TRANSFER_ENCODING) {
            body = body::begin(payload, app_of(request)?).await?;
        }
        let call = Self::begin_with(request, default, body.is_some())?;
        Ok((call, body))
    }

    /// The same where it is known whether the request has a body.
    fn begin_with(request: &HttpRequest, default: Version, has_body: bool) -> Result<Self, Error> {
        let version = negotiate(request, default)?;
        if has_body && !is_json_or_absent(request.headers()) {
            return Err(Error::UnsupportedMediaType);
        }
        let app = app_of(request)?;
        let extensions = request.extensions();
        let caller = extensions.get::<Arc<Caller>>().cloned();
        let request_id = extensions.get::<RequestId>().copied();
        drop(extensions);
        let (Some(caller), Some(request_id)) = (caller, request_id) else {
            return Err(Error::Internal(
                "a route lies outside the layers that identify its caller".to_owned(),
            ));
        };
        Ok(Self {
            app: app.clone(),
            caller,
            version,
            project: request.match_info().get("project_id").map(str::to_owned),
            language: language(request.headers()),
            request_id,
            base: links::base(request, app),
        })
    }

    /// Refuses a URL of another project than the caller's, an admin's too.
    pub fn in_own_project(&self) -> Result<(), Error> {
        match &self.project {
            Some(project) if self.caller.project.as_ref() != Some(project) => {
                Err(Error::BadRequest("Malformed request url".to_owned()))
            }
            _ => Ok(()),
        }
    }

    /// Answers that there is nothing, in a version before the operation came.
    pub fn since(&self, version: Version) -> Result<(), Error> {
        if self.version < version {
            Err(Error::no_route())
        } else {
            Ok(())
        }
    }

    /// Whether policy allows it in the caller's own project.
    pub fn may(&self, rule: Rule) -> Result<(), Error> {
        allow(&self.app, rule, &self.caller, self.caller.project.as_deref())
    }

    /// Whether policy allows it in the project of the URL.
    pub fn may_in_url(&self, rule: Rule) -> Result<(), Error> {
        allow(&self.app, rule, &self.caller, self.project.as_deref())
    }

    /// Whether the caller sees and does everything.
    pub fn is_admin(&self) -> bool {
        self.app.policy.is_admin(&self.caller)
    }

    /// Refuses a caller without a project, who can have no message, unless it is an admin.
    pub fn has_messages(&self) -> Result<(), Error> {
        if self.caller.project.is_some() || self.is_admin() {
            Ok(())
        } else {
            Err(Error::Forbidden("Not authorized.".to_owned()))
        }
    }

    /// The messages that the caller can see: an admin's are those of all projects, or of the token's domain.
    ///
    /// # Errors
    /// A 403 where the domain's projects are not known.
    pub fn scope(&self) -> Result<Scope, Error> {
        let caller = &self.caller;
        if !self.is_admin() {
            // No row has the empty project.
            return Ok(Scope::Project(caller.project.clone().unwrap_or_default()));
        }
        let reason = match (&caller.domain, &caller.domain_projects) {
            (None, _) => return Ok(Scope::All),
            (Some(_), Some(DomainProjects::Known(projects))) => {
                return Ok(Scope::Projects(Arc::clone(projects)));
            }
            (Some(_), Some(DomainProjects::TooMany)) => "The domain of the token has too many projects.",
            (Some(_), _) => "Keystone does not tell this token the projects of its domain.",
        };
        Err(Error::Forbidden(format!(
            "{reason} Use a token that is scoped to a project or to the system."
        )))
    }
}

/// Whether policy allows the caller to do it in this project.
pub fn allow(app: &App, rule: Rule, caller: &Caller, project: Option<&str>) -> Result<(), Error> {
    let target = [
        ("project_id", project),
        ("user_id", Some(caller.user.as_str())),
        ("domain_id", caller.domain.as_deref()),
    ];
    Ok(app.policy.check(rule, caller, &target)?)
}

/// A call of a message route that takes no body: the checks of every list, show and delete.
impl FromRequest for Call {
    type Error = actix_web::Error;
    type Future = LocalBoxFuture<'static, Result<Self, actix_web::Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let mut payload = payload.take();
        Box::pin(async move {
            let default = default_for_messages(&request);
            let (call, first) = Self::begin_without_body(&request, &mut payload, default).await?;
            let body = match first.filter(|_| has_media_type(request.headers())) {
                Some(first) => {
                    let limit = call.app.config.api.max_request_body_size;
                    Some(body::read_on(first, payload, &call.app, limit).await?)
                }
                None => None,
            };
            if let Some(body) = &body {
                body::parse_any(body)?;
            }
            call.in_own_project()?;
            call.since(Version::MESSAGES)?;
            // These operations take no body; block storage answers one with the 400 that says no more.
            if body.is_some() {
                Err(Error::malformed().into())
            } else {
                Ok(call)
            }
        })
    }
}

/// The version of a request that names none, on the routes of messages. What block storage does not have, no client
/// expects to be missing, and a page's event stream cannot send a version.
pub fn default_for_messages(request: &HttpRequest) -> Version {
    let is_ours = session::is_below(request.path()) || accept::form(request.head()) == Form::EventStream;
    let strict = request
        .app_data::<Data<App>>()
        .is_some_and(|app| app.config.api.strict_microversions && !is_ours);
    if strict { Version::MIN } else { Version::MESSAGES }
}

/// Negotiates the version and leaves word for the response header.
pub fn negotiate(request: &HttpRequest, default: Version) -> Result<Version, Error> {
    let is_strict = app_of(request)?.config.api.strict_microversions;
    match version::negotiate(request.headers(), default, is_strict) {
        Ok(version) => {
            request.extensions_mut().insert(Echo(version.to_string()));
            Ok(version)
        }
        Err(refused) => {
            if let Some(echo) = refused.echo {
                request.extensions_mut().insert(Echo(echo));
            }
            Err(refused.error)
        }
    }
}

/// The language of a request.
pub fn language(headers: &HeaderMap) -> Language {
    match headers
        .get(header::ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok())
    {
        Some(wanted) => Language::negotiate(wanted),
        None => Language::default(),
    }
}

fn app_of(request: &HttpRequest) -> Result<&Data<App>, Error> {
    request
        .app_data::<Data<App>>()
        .ok_or_else(|| Error::Internal("no app data".to_owned()))
}

fn has_body(headers: &HeaderMap) -> bool {
    headers.contains_key(header::TRANSFER_ENCODING)
        || headers
            .get(header::CONTENT_LENGTH)
            .is_some_and(|length| length != "0")
}

fn has_media_type(headers: &HeaderMap) -> bool {
    headers.contains_key(header::CONTENT_TYPE)
}

fn is_json_or_absent(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).is_none_or(body::is_json)
}
