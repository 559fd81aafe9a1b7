//! The ids in paths.

use actix_web::HttpRequest;
use uuid::Uuid;

use crate::api::error::Error;
use crate::api::path::segment;
use crate::catalog::canonical_uuid;
use crate::store;

/// What the path names, to be said in a 404.
#[derive(Debug, Clone)]
pub struct Identifier {
    what: &'static str,
    text: String,
}

impl Identifier {
    /// A notification.
    pub fn notification(request: &HttpRequest) -> Result<Self, Error> {
        Self::of(request, "notification", "id")
    }

    /// A segment.
    pub fn segment(request: &HttpRequest) -> Result<Self, Error> {
        Self::of(request, "failover segment", "id")
    }

    /// A host.
    pub fn host(request: &HttpRequest) -> Result<Self, Error> {
        Self::of(request, "host", "host_id")
    }

    /// A move.
    pub fn vmove(request: &HttpRequest) -> Result<Self, Error> {
        Self::of(request, "vm move", "vmove_id")
    }

    fn of(request: &HttpRequest, what: &'static str, variable: &str) -> Result<Self, Error> {
        let text = segment(request, variable)?;
        Ok(Self { what, text })
    }

    /// Its UUID. Only the canonical form names anything.
    ///
    /// # Errors
    /// A 404.
    pub fn uuid(&self) -> Result<Uuid, Error> {
        canonical_uuid(&self.text).ok_or_else(|| self.missing())
    }

    /// The 404 that says that it does not exist.
    pub fn missing(&self) -> Error {
        Error::NotFound(format!("No {} with id {}.", self.what, self.text))
    }

    /// The answer to an error of the store.
    pub fn refusal(&self, error: store::Error) -> Error {
        match error {
            store::Error::NotFound => self.missing(),
            store::Error::Conflict(_) => self.in_use(),
            error => error.into(),
        }
    }

    /// The 409 while a notification of its segment is open.
    pub fn in_use(&self) -> Error {
        Error::Conflict(format!(
            "The {} {} is in use to process notifications.",
            self.what, self.text
        ))
    }
}
