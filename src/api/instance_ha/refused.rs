//! Routes that Masakari has without an operation.

use actix_web::{HttpRequest, HttpResponse};

use super::service::INSTANCE_HA;
use crate::api::call::Call;
use crate::api::error::Error;

/// `PUT /v1/notifications/{id}`.
pub async fn update(request: HttpRequest) -> Result<HttpResponse, Error> {
    refuse(&request, "update")
}

/// `DELETE /v1/notifications/{id}`.
pub async fn delete(request: HttpRequest) -> Result<HttpResponse, Error> {
    refuse(&request, "delete")
}

/// `POST /v1/notifications/{id}/action`.
pub async fn action(request: HttpRequest) -> Result<HttpResponse, Error> {
    refuse(&request, "action")
}

/// `GET /v1/notifications/new`.
pub async fn new(request: HttpRequest) -> Result<HttpResponse, Error> {
    refuse(&request, "new")
}

/// `GET /v1/notifications/{id}/edit`.
pub async fn edit(request: HttpRequest) -> Result<HttpResponse, Error> {
    refuse(&request, "edit")
}

fn refuse(request: &HttpRequest, action: &str) -> Result<HttpResponse, Error> {
    Call::begin(request, INSTANCE_HA.oldest)?;
    Err(Error::MethodNotAllowed(format!(
        "The request method: '{}' with action: '{action}' is not allowed on this resource",
        request.method()
    )))
}
