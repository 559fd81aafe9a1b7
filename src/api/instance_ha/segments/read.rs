//! `GET /v1/segments` and `GET /v1/segments/{id}`.

use actix_web::http::StatusCode;
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use super::view::{View, body};
use crate::api::call::Call;
use crate::api::error::Error;
use crate::api::instance_ha::answer::answer;
use crate::api::instance_ha::identifier::Identifier;
use crate::api::instance_ha::parameters::Parameters;
use crate::store::failure::{self, SEGMENT_COLUMNS, SegmentFilter};

/// Lists segments.
pub async fn list(request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    let call = Call::permitted_without_body(&request, payload).await?;
    let parameters = Parameters::parse(request.query_string());
    let filter = SegmentFilter {
        recovery_method: parameters.text("recovery_method"),
        service_type: parameters.text("service_type"),
        enabled: parameters.flag("enabled")?,
    };
    let page = parameters.page(SEGMENT_COLUMNS, call.app.config.api.max_limit)?;
    let segments = parameters.search(&call, page, move |read, page| {
        failure::segments(read, &filter, page)
    });
    let segments = segments.await?;
    let views: Vec<View<'_>> = segments.iter().map(View::of).collect();
    answer(&request, StatusCode::OK, &json!({ "segments": views }))
}

/// Shows a segment.
pub async fn show(request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    let call = Call::permitted_without_body(&request, payload).await?;
    let id = Identifier::segment(&request)?;
    let segment = id.read(&call, failure::segment).await?;
    answer(&request, StatusCode::OK, &body(&segment))
}
