//! `GET /v3/{project_id}/resource_filters`: the filters of lists.

use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};

use super::messages::conditions::FILTERS;
use super::service::{RESOURCE_FILTERS, VOLUME};
use crate::api::call::Call;
use crate::api::error::Error;

/// Answers the filters of messages, and none for other resources.
pub async fn list(request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    let (call, _) = Call::begin_without_body(&request, &mut payload.into_inner(), VOLUME.oldest).await?;
    call.in_own_project()?;
    call.since(RESOURCE_FILTERS)?;
    let asked = form_urlencoded::parse(request.query_string().as_bytes()).find(|(key, _)| key == "resource");
    let filters = match asked {
        Some((_, resource)) if resource != "message" => Vec::new(),
        _ => vec![serde_json::json!({ "resource": "message", "filters": FILTERS })],
    };
    let body = serde_json::json!({ "resource_filters": filters }).to_string();
    Ok(HttpResponse::Ok().content_type("application/json").body(body))
}
