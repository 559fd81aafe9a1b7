//! Routes that block storage has without an operation behind them.

use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};

use crate::api::call::{self, Call};
use crate::api::error::Error;

/// Answers 404, after the microversion was checked.
pub async fn refuse(request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    let default = call::default_for_messages(&request)?;
    Call::begin_without_body(&request, &mut payload.into_inner(), default).await?;
    Err(Error::no_route())
}
