//! One operation of the HTTP API: a row of the table in `operations`.

use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::{FromRequest, Handler, HttpRequest, HttpResponse};
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;

use super::accept::AnswerForm;
use super::error::Error;
use crate::identity::Rule;

/// An answer, or why there is none.
pub type Outcome = Result<HttpResponse, actix_web::Error>;

type Run = Box<dyn Fn(HttpRequest, Payload) -> LocalBoxFuture<'static, Outcome> + Send + Sync>;

/// An operation. Build one with [`get`] and its siblings.
pub struct Operation {
    /// Its method; none for all methods.
    pub method: Option<Method>,
    /// The pattern of its path.
    pub path: &'static str,
    /// Further patterns of its path.
    pub aliases: Vec<&'static str>,
    /// The policy rule that [`Call::allow`](super::call::Call::allow) checks.
    pub rule: Option<Rule>,
    /// The `route` label of its metrics; none counts it as `other`.
    pub label: Option<&'static str>,
    /// Its `operationId` in the API document; none leaves it out.
    pub document: Option<&'static str>,
    /// Whether it answers only requests that prefer HTML.
    pub is_page: bool,
    /// Whether it needs no caller.
    pub is_open: bool,
    /// Whether a browser without a session is redirected to the sign-in.
    pub signs_in: bool,
    run: Run,
}

/// A handler as actix takes them, of arguments `A`.
pub trait ActixHandler<A>: Send + Sync + 'static {
    /// Answers a request.
    fn answer(&self, request: HttpRequest, payload: Payload) -> LocalBoxFuture<'static, Outcome>;
}

impl<F, A> ActixHandler<A> for F
where
    F: Handler<A, Output: IntoOutcome> + Send + Sync,
    A: FromRequest + 'static,
{
    fn answer(&self, request: HttpRequest, mut payload: Payload) -> LocalBoxFuture<'static, Outcome> {
        let handler = self.clone();
        let answering = async move {
            let arguments = A::from_request(&request, &mut payload).await;
            handler.call(arguments.map_err(Into::into)?).await.outcome()
        };
        answering.boxed_local()
    }
}

/// An operation of any method.
pub fn any<A: 'static>(path: &'static str, endpoint: impl ActixHandler<A>) -> Operation {
    Operation {
        method: None,
        path,
        aliases: Vec::new(),
        rule: None,
        label: Some(path),
        document: None,
        is_page: false,
        is_open: false,
        signs_in: false,
        run: Box::new(move |request, payload| endpoint.answer(request, payload)),
    }
}

/// A GET.
pub fn get<A: 'static>(path: &'static str, endpoint: impl ActixHandler<A>) -> Operation {
    any(path, endpoint).method(Method::GET)
}

/// A GET of a page, where the same path may answer programs, too.
pub fn page<A: 'static>(path: &'static str, endpoint: impl ActixHandler<A>) -> Operation {
    Operation {
        is_page: true,
        ..get(path, endpoint).signs_in()
    }
}

/// A HEAD.
pub fn head<A: 'static>(path: &'static str, endpoint: impl ActixHandler<A>) -> Operation {
    any(path, endpoint).method(Method::HEAD)
}

/// A POST.
pub fn post<A: 'static>(path: &'static str, endpoint: impl ActixHandler<A>) -> Operation {
    any(path, endpoint).method(Method::POST)
}

/// A PUT.
pub fn put<A: 'static>(path: &'static str, endpoint: impl ActixHandler<A>) -> Operation {
    any(path, endpoint).method(Method::PUT)
}

/// A DELETE.
pub fn delete<A: 'static>(path: &'static str, endpoint: impl ActixHandler<A>) -> Operation {
    any(path, endpoint).method(Method::DELETE)
}

impl Operation {
    fn method(mut self, method: Method) -> Self {
        self.method = Some(method);
        self
    }

    /// Also answers at this path.
    pub fn or(mut self, path: &'static str) -> Self {
        self.aliases.push(path);
        self
    }

    /// Needs a caller whom this rule allows it.
    pub fn rule(mut self, rule: Rule) -> Self {
        self.rule = Some(rule);
        self
    }

    /// Is counted under this label.
    pub fn label(mut self, label: &'static str) -> Self {
        self.label = Some(label);
        self
    }

    /// Is counted as `other`.
    pub fn unlabelled(mut self) -> Self {
        self.label = None;
        self
    }

    /// Is described in the API document under this `operationId`.
    pub fn document(mut self, id: &'static str) -> Self {
        self.document = Some(id);
        self
    }

    /// Needs no caller.
    pub fn open(mut self) -> Self {
        self.is_open = true;
        self
    }

    /// Redirects a browser without a session to the sign-in.
    pub fn signs_in(mut self) -> Self {
        self.signs_in = true;
        self
    }

    /// Whether a request of this method, which prefers this form, asks for it.
    pub fn fits(&self, method: &Method, form: AnswerForm) -> bool {
        self.method.as_ref().is_none_or(|own| own == method) && (!self.is_page || form == AnswerForm::Html)
    }

    /// Answers a request.
    pub fn run(&self, request: HttpRequest, payload: Payload) -> LocalBoxFuture<'static, Outcome> {
        (self.run)(request, payload)
    }
}

/// What a handler returns.
pub trait IntoOutcome {
    /// Its answer, or why there is none.
    fn outcome(self) -> Outcome;
}

impl IntoOutcome for HttpResponse {
    fn outcome(self) -> Outcome {
        Ok(self)
    }
}

impl IntoOutcome for Result<HttpResponse, Error> {
    fn outcome(self) -> Outcome {
        self.map_err(Into::into)
    }
}
