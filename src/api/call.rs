//! One call of a service's API: the caller, the microversion and the project, and the checks that precede every
//! operation, in block storage's order.

use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::header::{self, HeaderMap};
use actix_web::web::{self, Bytes, Data};
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use futures_util::future::LocalBoxFuture;

use super::accept::{self, AnswerForm};
use super::app::App;
use super::error::Error;
use super::microversion::negotiate;
use super::service::Service;
use super::target::Target;
use super::version::Microversion;
use super::{body, links};
use crate::catalog::Language;
use crate::identity::{Caller, DomainProjects, Rule};
use crate::message::Scope;
use crate::telemetry::RequestId;

/// A call that passed the checks.
pub struct Call {
    /// The server's parts.
    pub app: Data<App>,
    /// The service of the path.
    pub service: &'static Service,
    /// The caller.
    pub caller: Arc<Caller>,
    /// The microversion it is answered in.
    pub version: Microversion,
    /// The project in the URL, if there is one.
    pub project: Option<String>,
    /// The language of its texts.
    pub language: Language,
    /// Whether it gets messages in their full form.
    pub is_full: bool,
    /// Its id.
    pub request_id: RequestId,
    /// Scheme, host and prefix of links.
    pub base: String,
    /// The policy rule of the operation.
    rule: Option<Rule>,
}

impl Call {
    /// Checks version and media type, the steps before the method. `default` is the version of a request that names
    /// none.
    pub fn begin(request: &HttpRequest, default: Microversion) -> Result<Self, Error> {
        Self::begin_with(request, default, has_body(request.headers()))
    }

    /// The same for an operation that takes no body. Some clients and proxies send an empty chunked body with every
    /// method, which counts as none. Also returns the first bytes of a body.
    pub async fn begin_without_body(
        request: &HttpRequest,
        payload: &mut Payload,
        default: Microversion,
    ) -> Result<(Self, Option<Bytes>), Error> {
        let headers = request.headers();
        let mut body = has_body(headers).then(Bytes::new);
        if has_media_type(headers) && headers.contains_key(header::TRANSFER_ENCODING) {
            body = body::begin(payload, App::of(request)?).await?;
        }
        let call = Self::begin_with(request, default, body.is_some())?;
        Ok((call, body))
    }

    /// Begins a call in the caller's own project, with its policy rule checked. Without a version it is the service's oldest.
    pub fn permitted(request: &HttpRequest) -> Result<Self, Error> {
        Self::begin(request, oldest(request)?)?.permit()
    }

    /// The same for an operation that takes no body.
    pub async fn permitted_without_body(request: &HttpRequest, payload: web::Payload) -> Result<Self, Error> {
        let mut payload = payload.into_inner();
        let (call, _) = Self::begin_without_body(request, &mut payload, oldest(request)?).await?;
        call.permit()
    }

    fn permit(self) -> Result<Self, Error> {
        self.in_own_project()?;
        self.allow()?;
        Ok(self)
    }

    fn begin_with(request: &HttpRequest, default: Microversion, has_body: bool) -> Result<Self, Error> {
        let (app, target) = (App::of(request)?, Target::of(request));
        let service = target.service.ok_or_else(outside)?;
        let version = negotiate(request, app, service, default)?;
        if has_body && !is_json_or_absent(request.headers(), service) {
            return Err(Error::UnsupportedMediaType);
        }
        let extensions = request.extensions();
        Ok(Self {
            app: app.clone(),
            service,
            caller: extensions.get::<Arc<Caller>>().cloned().ok_or_else(outside)?,
            version,
            project: target.project.clone(),
            language: accept::language(request.headers()),
            is_full: accept::is_full(request, service),
            request_id: extensions.get::<RequestId>().copied().ok_or_else(outside)?,
            base: [&links::base(request, app), target.mount()].concat(),
            rule: target.rule,
        })
    }

    /// Returns the address of a collection of the service, in the project if the URL names one.
    pub fn address(&self, collection: &str) -> String {
        let (slash, project) = self.project.as_deref().map_or(("", ""), |project| ("/", project));
        [&self.base, self.service.prefix, slash, project, "/", collection].concat()
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

    /// Answers 404 in versions older than the operation.
    pub fn since(&self, version: Microversion) -> Result<(), Error> {
        if self.version < version {
            Err(Error::no_route())
        } else {
            Ok(())
        }
    }

    /// Checks the operation's policy rule in the caller's own project.
    pub fn allow(&self) -> Result<(), Error> {
        allow(&self.app, self.rule, &self.caller, self.caller.project.as_deref())
    }

    /// Checks the operation's policy rule in the project of the URL.
    pub fn allow_in_url(&self) -> Result<(), Error> {
        allow(&self.app, self.rule, &self.caller, self.project.as_deref())
    }

    /// Whether the caller is an admin.
    pub fn is_admin(&self) -> bool {
        self.app.policy.is_admin(&self.caller)
    }

    /// Refuses callers without a project, who can have no messages, except admins.
    pub fn has_messages(&self) -> Result<(), Error> {
        if self.caller.project.is_some() || self.is_admin() {
            Ok(())
        } else {
            Err(Error::Forbidden("Not authorized.".to_owned()))
        }
    }

    /// The messages that the caller can see: for an admin those of all projects, or of the token's domain.
    ///
    /// # Errors
    /// A 403 where the domain's projects are unknown.
    pub fn scope(&self) -> Result<Scope, Error> {
        let caller = &self.caller;
        if !self.is_admin() {
            // No row has an empty project.
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

/// Checks an operation's policy rule for a caller in a project. An operation without a rule fails.
pub fn allow(app: &App, rule: Option<Rule>, caller: &Caller, project: Option<&str>) -> Result<(), Error> {
    let rule =
        rule.ok_or_else(|| Error::Internal("an operation checks a rule that it does not name".to_owned()))?;
    let target = [
        ("project_id", project),
        ("user_id", Some(caller.user.as_str())),
        ("domain_id", caller.domain.as_deref()),
    ];
    Ok(app.policy.check(rule, caller, &target)?)
}

/// Refuses callers whose token is scoped to a domain, for what is about all projects of the cloud.
pub fn refuse_domain(caller: &Caller) -> Result<(), Error> {
    if caller.domain.is_none() {
        return Ok(());
    }
    let text = "This is about all projects. Use a token that is scoped to a project or to the system.";
    Err(Error::Forbidden(text.to_owned()))
}

/// A call about messages that takes no body: the checks of every list, show and delete.
impl FromRequest for Call {
    type Error = actix_web::Error;
    type Future = LocalBoxFuture<'static, Result<Self, actix_web::Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let mut payload = payload.take();
        Box::pin(async move {
            let default = default_for_messages(&request)?;
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
            call.since(call.service.messages)?;
            // Block storage answers a body with the 400 without a reason.
            if body.is_some() {
                Err(Error::malformed().into())
            } else {
                Ok(call)
            }
        })
    }
}

/// The version of a request about messages that names none. Clients of block storage do not ask for what it lacks, and
/// the event stream of a page cannot send a version.
pub fn default_for_messages(request: &HttpRequest) -> Result<Microversion, Error> {
    let target = Target::of(request);
    let service = target.service.ok_or_else(outside)?;
    let is_ours = target.is_reserved || target.form == AnswerForm::EventStream;
    let is_strict = App::of(request)?.config.api.strict_microversions;
    Ok(if is_strict && !is_ours {
        service.oldest
    } else {
        service.messages
    })
}

fn oldest(request: &HttpRequest) -> Result<Microversion, Error> {
    let service = Target::of(request).service.ok_or_else(outside)?;
    Ok(service.oldest)
}

fn outside() -> Error {
    Error::Internal("an operation lies outside the layers that identify its caller".to_owned())
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

fn is_json_or_absent(headers: &HeaderMap, service: &Service) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .is_none_or(|value| body::is_json(value, service))
}
