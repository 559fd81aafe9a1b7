//! What a request asks for, found once by the first layer.

use std::rc::Rc;
use std::sync::Arc;

use actix_web::http::Method;
use actix_web::{HttpMessage, HttpResponse};

use super::accept::AnswerForm;
use super::error::{Error, named_fault};
use super::operation::Operation;
use super::service::Service;
use crate::identity::Rule;
use crate::telemetry::RouteMetrics;

/// An operation with its metrics.
pub struct Route {
    /// The operation.
    pub operation: Operation,
    /// Its metrics.
    pub metrics: RouteMetrics,
}

/// What a request asks for.
#[derive(Default)]
pub struct Target {
    /// The service whose path it is.
    pub service: Option<&'static Service>,
    /// Whether the path began with the service's mount.
    pub is_mounted: bool,
    /// The project that the path names.
    pub project: Option<String>,
    /// Whether the path is reserved for browsers: below `messages/-/`, in a project or not.
    pub is_reserved: bool,
    /// Whether the path needs no caller.
    pub is_open: bool,
    /// The form of the answer that the client prefers.
    pub form: AnswerForm,
    /// The operation's policy rule.
    pub rule: Option<Rule>,
    /// The operation; none where the path or the method has none.
    pub route: Option<Arc<Route>>,
}

impl Target {
    /// What this request asks for.
    pub fn of(request: &impl HttpMessage) -> Rc<Self> {
        request
            .extensions()
            .get::<Rc<Self>>()
            .cloned()
            .unwrap_or_default()
    }

    /// Returns what precedes the service's paths in this request's.
    pub fn mount(&self) -> &'static str {
        let service = self.service.filter(|_| self.is_mounted);
        service.and_then(|service| service.mount).unwrap_or_default()
    }

    /// Whether a browser asks for a page or sends a form, so that it may be redirected to the sign-in.
    pub fn signs_in(&self, method: &Method) -> bool {
        let signs_in = match &self.route {
            Some(route) => route.operation.signs_in,
            None => matches!(*method, Method::GET | Method::HEAD),
        };
        signs_in && self.form == AnswerForm::Html
    }

    /// Answers an error in the form of the service.
    pub fn refuse(&self, error: &Error) -> HttpResponse {
        error.answer(self.service.map_or(named_fault, |service| service.error_body))
    }
}
