//! `GET /v3/{project_id}/resource_filters`: what a list can be filtered by.

use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};

use crate::api::call::Call;
use crate::api::error::Error;
use crate::api::volume::messages::conditions::FILTERS;
use crate::api::volume::service::{RESOURCE_FILTERS, VOLUME};

/// Answers the filters of messages; nothing for any other resource.
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
