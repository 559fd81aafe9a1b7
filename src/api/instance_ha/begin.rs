//! How calls with a body begin.

use actix_web::HttpRequest;
use actix_web::web::Payload;
use serde_json::Value;

use super::body;
use super::service::INSTANCE_HA;
use crate::api::call::Call;
use crate::api::error::Error;
use crate::failure::Fault;

/// Begins a call with a body, checks the body, and then the policy rule, in Masakari's order.
pub async fn begin_with<T>(
    request: &HttpRequest,
    payload: Payload,
    check: impl FnOnce(&Call, &Value) -> Result<T, Fault>,
) -> Result<(Call, T), Error> {
    let call = Call::begin(request, INSTANCE_HA.oldest)?;
    let body = body::read(payload, &call).await?;
    call.in_own_project()?;
    let checked = check(&call, &body).map_err(|fault| body::refusal(&fault))?;
    call.allow()?;
    Ok((call, checked))
}
