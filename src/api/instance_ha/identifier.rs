//! The ids in paths.

use actix_web::HttpRequest;
use uuid::Uuid;

use crate::api::call::Call;
use crate::api::error::Error;
use crate::api::path::segment;
use crate::catalog::canonical_uuid;
use crate::store::{self, Conn};

/// An id in the path, and what it identifies.
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

    /// Returns the UUID. Only the canonical form identifies anything.
    ///
    /// # Errors
    /// A 404.
    pub fn uuid(&self) -> Result<Uuid, Error> {
        canonical_uuid(&self.text).ok_or_else(|| self.missing())
    }

    /// Reads what it identifies.
    ///
    /// # Errors
    /// A 404.
    pub async fn read<T, F>(&self, call: &Call, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: Fn(&mut Conn, Uuid) -> Result<T, store::Error> + Send + 'static,
    {
        let uuid = self.uuid()?;
        let found = call.app.store.read(move |read| work(read, uuid)).await;
        found.map_err(|error| self.refusal(error))
    }

    /// Returns the 404.
    pub fn missing(&self) -> Error {
        Error::NotFound(format!("No {} with id {}.", self.what, self.text))
    }

    /// Returns the answer to an error of the store.
    pub fn refusal(&self, error: store::Error) -> Error {
        match error {
            store::Error::NotFound => self.missing(),
            store::Error::Conflict(_) => self.in_use(),
            error => error.into(),
        }
    }

    /// Returns the 409 while a notification of the segment is open.
    pub fn in_use(&self) -> Error {
        Error::Conflict(format!(
            "The {} {} is in use to process notifications.",
            self.what, self.text
        ))
    }
}

/// Returns the answer to an error of the store about a name that must be unique.
pub fn taken(error: store::Error, what: &str, name: &str) -> Error {
    match error {
        store::Error::Conflict(_) => Error::Conflict(format!("{what} with name {name} already exists.")),
        error => error.into(),
    }
}
