//! The answers that refuse a listener or a delivery.

use uuid::Uuid;

use crate::api::error::Error;
use crate::brief;
use crate::delivery::RegistrarError;
use crate::listener::{ListenerFault, SealError};
use crate::store;

/// The most faults that one answer names.
const MOST_NAMED: usize = 20;

/// Returns the answer to an error of the registrar. `listener` is the id in the path.
pub fn of_listener(error: RegistrarError, listener: &str) -> Error {
    match error {
        RegistrarError::Invalid(faults) => invalid(&faults),
        RegistrarError::Quota(_) | RegistrarError::Unconfirmed(_) | RegistrarError::Confirmed(_) => {
            Error::Quota(error.to_string())
        }
        RegistrarError::Rotation(_) => Error::Conflict(error.to_string()),
        RegistrarError::Seal(SealError::NoKeys) => Error::BadRequest(error.to_string()),
        RegistrarError::Seal(error) => Error::Unavailable(error.to_string()),
        RegistrarError::Open(error) => Error::Conflict(error.to_string()),
        RegistrarError::Store(error) => of_store(error, || missing(listener)),
    }
}

/// Returns the answer to an error of the store about a delivery.
pub fn of_delivery(error: store::Error, event: Uuid) -> Error {
    of_store(error, || missing_delivery(&event.to_string()))
}

/// Returns the 404 of a listener that does not exist, or that the caller may not see.
pub fn missing(listener: &str) -> Error {
    Error::NotFound(format!("Listener {listener} could not be found."))
}

/// Returns the 404 of a delivery.
pub fn missing_delivery(event: &str) -> Error {
    Error::NotFound(format!("Delivery {event} could not be found."))
}

fn of_store(error: store::Error, missing: impl FnOnce() -> Error) -> Error {
    match error {
        store::Error::NotFound => missing(),
        store::Error::Conflict(cause) => Error::Conflict(cause),
        error => error.into(),
    }
}

/// Returns the 400 that names every invalid field.
fn invalid(faults: &[ListenerFault]) -> Error {
    let faults = faults.iter().map(|fault| format!("listener.{fault}"));
    Error::BadRequest(brief::listed(faults, "; ", MOST_NAMED))
}
