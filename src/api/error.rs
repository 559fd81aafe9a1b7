//! The errors that a request can be answered with.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, ResponseError};

use crate::brief::brief;
use crate::identity::{Denied, NotOwner};
use crate::store;

/// Writes the body of an error from its status, fault name and text.
pub type ErrorBody = fn(StatusCode, &'static str, &str) -> String;

/// An error that a request is answered with.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request is wrong; the text says why.
    #[error("{0}")]
    BadRequest(String),
    /// The caller lacks the right.
    #[error("{0}")]
    Forbidden(String),
    /// The form was made for another session, or with a key that is no longer in use.
    #[error("The form is out of date: load its page again.")]
    OutOfDate,
    /// It does not exist, or the caller may not see it.
    #[error("{0}")]
    NotFound(String),
    /// The resource has no such operation.
    #[error("{0}")]
    MethodNotAllowed(String),
    /// The microversion is not supported.
    #[error("{0}")]
    NotAcceptable(String),
    /// The body did not arrive in time.
    #[error("The request did not arrive in time.")]
    Timeout,
    /// The body exceeds this limit, in bytes.
    #[error("The request body is larger than {0} bytes.")]
    TooLarge(usize),
    /// The media type of the body is not supported.
    #[error("Unsupported Content-Type")]
    UnsupportedMediaType,
    /// The body is compressed.
    #[error("Unsupported Content-Encoding: a request body must not be encoded")]
    UnsupportedEncoding,
    /// The request is well formed but contradicts an earlier one.
    #[error("{0}")]
    Unprocessable(String),
    /// The state of a resource forbids it.
    #[error("{0}")]
    Conflict(String),
    /// The project has as many of something as it may have.
    #[error("{0}")]
    Quota(String),
    /// The caller has too many of something.
    #[error("{0}")]
    TooMany(String),
    /// The project has reached a limit.
    #[error("{message}")]
    OverLimit {
        /// Which limit.
        message: String,
        /// Seconds after which another try may pass.
        wait: u64,
    },
    /// It cannot be done now; the same request may succeed later. The cause goes to the log.
    #[error("The message store is temporarily unavailable.")]
    Unavailable(String),
    /// The database file is damaged, and a retry will not help. The cause goes to the log.
    #[error("The database of the message store is damaged. It has to be restored from a backup.")]
    Damaged(String),
    /// The search exceeds the budget of a request.
    #[error("The search was given up: {cause}. {advice}")]
    Exhausted {
        /// Which part of the budget.
        cause: String,
        /// How to shorten the search.
        advice: &'static str,
    },
    /// There is no valid token. Holds the value of `WWW-Authenticate`.
    #[error("The request you have made requires authentication.")]
    Unauthorized(String),
    /// The caller cannot be identified now. The cause goes to the log.
    #[error("The Keystone service is temporarily unavailable.")]
    IdentityUnavailable(String),
    /// The server failed. The cause goes to the log only.
    #[error("The server has either erred or is incapable of performing the requested operation.")]
    Internal(String),
}

/// Marks the response of an error, so that a browser is shown a page instead.
#[derive(Debug, Clone, Copy)]
pub struct ErrorMark {
    /// Whether a form was out of date, rather than a right missing.
    pub is_out_of_date: bool,
    /// Whether a search exceeded its budget, so that a retry will not help.
    pub is_exhausted: bool,
}

/// The text of a 400 without a reason.
const MALFORMED: &str =
    "The server could not comply with the request since it is either malformed or otherwise incorrect.";

/// The longest text of an answer, in bytes: some repeat a name that the client sent.
const LONGEST_TEXT: usize = 4096;

/// How to shorten a search for messages.
const NARROW: &str = "Use fewer words and patterns, keep the order by time, or narrow the time with created_since and created_before.";

/// Seconds until what is unavailable is worth a retry.
const RETRY_AFTER: u64 = 1;

impl Error {
    /// A 400 without a reason.
    pub fn malformed() -> Self {
        Self::BadRequest(MALFORMED.to_owned())
    }

    /// A 400 with this text.
    pub fn bad_request(text: &str) -> Self {
        Self::BadRequest(text.to_owned())
    }

    /// The 400 of block storage for a value that it cannot use.
    pub fn invalid_input(text: &str) -> Self {
        Self::BadRequest(format!("Invalid input received: {text}"))
    }

    /// The 404 of a path or method without an operation.
    pub fn no_route() -> Self {
        Self::NotFound("The resource could not be found.".to_owned())
    }

    /// The 404 of one message.
    pub fn no_message(id: &str) -> Self {
        Self::NotFound(format!("Message {id} could not be found."))
    }

    /// Status and fault name.
    fn kind(&self) -> (StatusCode, &'static str) {
        match self {
            Self::BadRequest(_) => (StatusCode::BAD_REQUEST, "badRequest"),
            Self::Forbidden(_) | Self::OutOfDate => (StatusCode::FORBIDDEN, "forbidden"),
            Self::NotFound(_) => (StatusCode::NOT_FOUND, "itemNotFound"),
            Self::MethodNotAllowed(_) => (StatusCode::METHOD_NOT_ALLOWED, "badMethod"),
            Self::NotAcceptable(_) => (StatusCode::NOT_ACCEPTABLE, "computeFault"),
            Self::Timeout => (StatusCode::REQUEST_TIMEOUT, "computeFault"),
            // Block storage answers an exceeded quota like this, too.
            Self::TooLarge(_) | Self::Quota(_) => (StatusCode::PAYLOAD_TOO_LARGE, "overLimit"),
            Self::UnsupportedMediaType | Self::UnsupportedEncoding => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "badMediaType")
            }
            Self::Unprocessable(_) => (StatusCode::UNPROCESSABLE_ENTITY, "unprocessableEntity"),
            Self::Conflict(_) => (StatusCode::CONFLICT, "conflictingRequest"),
            Self::TooMany(_) | Self::OverLimit { .. } => (StatusCode::TOO_MANY_REQUESTS, "overLimit"),
            Self::Unauthorized(_) => (StatusCode::UNAUTHORIZED, "unauthorized"),
            Self::Unavailable(_)
            | Self::Damaged(_)
            | Self::IdentityUnavailable(_)
            | Self::Exhausted { .. } => (StatusCode::SERVICE_UNAVAILABLE, "serviceUnavailable"),
            Self::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, "computeFault"),
        }
    }

    /// The text of the body, which is never empty, whatever the error was made of.
    fn text(&self) -> String {
        let text = self.to_string();
        if !text.trim().is_empty() {
            return text;
        }
        match self {
            Self::BadRequest(_) => MALFORMED.to_owned(),
            _ => self.kind().0.canonical_reason().unwrap_or("error").to_owned(),
        }
    }

    fn mark(&self) -> ErrorMark {
        ErrorMark {
            is_out_of_date: matches!(self, Self::OutOfDate),
            is_exhausted: matches!(self, Self::Exhausted { .. }),
        }
    }

    /// The value of `Retry-After`, where a retry may succeed.
    fn retry_after(&self) -> Option<u64> {
        match self {
            Self::Unavailable(_) | Self::IdentityUnavailable(_) | Self::TooMany(_) => Some(RETRY_AFTER),
            Self::OverLimit { wait, .. } => Some(*wait),
            _ => None,
        }
    }

    /// Logs what the answer leaves out. A client's mistake is logged for debugging only, without what the client sent.
    fn log(&self) {
        match self {
            Self::Internal(cause) => tracing::error!(cause, "a request failed"),
            Self::Damaged(cause) => tracing::error!(cause, "the database is damaged"),
            Self::Unavailable(cause) | Self::IdentityUnavailable(cause) => {
                tracing::warn!(cause, "a request could not be served");
            }
            other => tracing::debug!(fault = other.kind().1, "a request was refused"),
        }
    }
}

impl Error {
    /// The answer to the client, with a body that `body` writes.
    pub fn answer(&self, body: ErrorBody) -> HttpResponse {
        self.log();
        let (status, fault) = self.kind();
        let mut response = match self {
            Self::Unauthorized(challenge) => unauthorized(challenge),
            _ => HttpResponse::build(status)
                .insert_header((header::CONTENT_TYPE, "application/json"))
                .body(body(status, fault, &brief(&self.text(), LONGEST_TEXT))),
        };
        response.extensions_mut().insert(self.mark());
        if matches!(self, Self::UnsupportedEncoding) {
            let none = HeaderValue::from_static("identity");
            response.headers_mut().insert(header::ACCEPT_ENCODING, none);
        }
        if let Some(seconds) = self.retry_after() {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

/// The body that clients of block storage read: `{"badRequest": {"code": 400, "message": "..."}}`.
pub fn named_fault(status: StatusCode, fault: &'static str, text: &str) -> String {
    serde_json::json!({ fault: { "code": status.as_u16(), "message": text } }).to_string()
}

/// Lets extractors fail with an [`Error`].
impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        self.kind().0
    }

    fn error_response(&self) -> HttpResponse {
        self.answer(named_fault)
    }
}

/// The 401 of keystonemiddleware, byte by byte: clients take it for the sign to authenticate again.
fn unauthorized(challenge: &str) -> HttpResponse {
    let body = r#"{"error": {"code": 401, "title": "Unauthorized", "message": "The request you have made requires authentication."}}"#;
    let mut response = HttpResponse::Unauthorized()
        .insert_header((header::CONTENT_TYPE, "application/json"))
        .body(body);
    if !challenge.is_empty()
        && let Ok(challenge) = HeaderValue::from_str(challenge)
    {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    }
    response
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::NotFound => Self::no_route(),
            // Conflicts that a client can cause are answered elsewhere.
            store::Error::Conflict(cause) | store::Error::Broken(cause) => Self::Internal(cause),
            store::Error::Exhausted(cause) => Self::Exhausted {
                cause,
                advice: NARROW,
            },
            store::Error::Damaged(cause) => Self::Damaged(cause),
            store::Error::Busy(cause) | store::Error::Unavailable(cause) => Self::Unavailable(cause),
        }
    }
}

impl From<NotOwner> for Error {
    fn from(refused: NotOwner) -> Self {
        Self::Forbidden(refused.to_string())
    }
}

impl From<Denied> for Error {
    fn from(denied: Denied) -> Self {
        Self::Forbidden(denied.to_string())
    }
}

#[cfg(test)]
mod tests {
    use actix_web::body::MessageBody;

    use super::*;

    /// The variant after another one, made of empty texts. A new variant does not compile until it is listed here.
    fn after(error: Option<&Error>) -> Option<Error> {
        let none = String::new;
        Some(match error {
            None => Error::BadRequest(none()),
            Some(Error::BadRequest(_)) => Error::Forbidden(none()),
            Some(Error::Forbidden(_)) => Error::OutOfDate,
            Some(Error::OutOfDate) => Error::NotFound(none()),
            Some(Error::NotFound(_)) => Error::MethodNotAllowed(none()),
            Some(Error::MethodNotAllowed(_)) => Error::NotAcceptable(none()),
            Some(Error::NotAcceptable(_)) => Error::Timeout,
            Some(Error::Timeout) => Error::TooLarge(0),
            Some(Error::TooLarge(_)) => Error::UnsupportedMediaType,
            Some(Error::UnsupportedMediaType) => Error::UnsupportedEncoding,
            Some(Error::UnsupportedEncoding) => Error::Unprocessable(none()),
            Some(Error::Unprocessable(_)) => Error::Conflict(none()),
            Some(Error::Conflict(_)) => Error::Quota(none()),
            Some(Error::Quota(_)) => Error::TooMany(none()),
            Some(Error::TooMany(_)) => Error::OverLimit {
                message: none(),
                wait: 0,
            },
            Some(Error::OverLimit { .. }) => Error::Unavailable(none()),
            Some(Error::Unavailable(_)) => Error::Damaged(none()),
            Some(Error::Damaged(_)) => Error::Exhausted {
                cause: none(),
                advice: NARROW,
            },
            Some(Error::Exhausted { .. }) => Error::Unauthorized(none()),
            Some(Error::Unauthorized(_)) => Error::IdentityUnavailable(none()),
            Some(Error::IdentityUnavailable(_)) => Error::Internal(none()),
            Some(Error::Internal(_)) => return None,
        })
    }

    #[test]
    fn no_error_has_an_empty_body_whatever_it_is_made_of() {
        let mut count = 0;
        let mut next = after(None);
        while let Some(error) = next {
            let response = error.error_response();
            let body = response.into_body().try_into_bytes().unwrap();
            let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
            let (name, fault) = body.as_object().unwrap().iter().next().unwrap();
            assert!(!name.is_empty());
            assert_eq!(fault["code"], error.status_code().as_u16(), "{error:?}");
            let text = fault["message"].as_str().unwrap();
            assert!(!text.trim().is_empty(), "{error:?}");
            count += 1;
            next = after(Some(&error));
        }
        assert!(count > 10, "{count} variants");
    }
}
