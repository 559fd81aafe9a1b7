//! `GET /v1/segments` and `GET /v1/segments/{id}`.

use actix_web::http::StatusCode;
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use super::view::View;
use crate::api::call::Call;
use crate::api::error::Error;
use crate::api::instance_ha::answer::answer;
use crate::api::instance_ha::identifier::Identifier;
use crate::api::instance_ha::parameters::Parameters;
use crate::api::instance_ha::service::INSTANCE_HA;
use crate::message::Scope;
use crate::store::failure::{self, SEGMENT_COLUMNS, SegmentFilter};

/// Lists segments.
pub async fn list(request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    let (call, _) = Call::begin_without_body(&request, &mut payload.into_inner(), INSTANCE_HA.oldest).await?;
    call.in_own_project()?;
    call.allow()?;
    let parameters = Parameters::parse(request.query_string());
    let filter = SegmentFilter {
        recovery_method: parameters.text("recovery_method"),
        service_type: parameters.text("service_type"),
        enabled: parameters.flag("enabled")?,
    };
    let found = match parameters.page(SEGMENT_COLUMNS, call.app.config.api.max_limit)? {
        None => Vec::new(),
        Some(page) => {
            let read = call
                .app
                .store
                .search(&Scope::All, move |read| failure::segments(read, &filter, &page));
            read.await.map_err(|error| parameters.refusal(error))?
        }
    };
    let views: Vec<View<'_>> = found.iter().map(View::of).collect();
    answer(&request, StatusCode::OK, &json!({ "segments": views }))
}

/// Shows a segment.
pub async fn show(request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    let (call, _) = Call::begin_without_body(&request, &mut payload.into_inner(), INSTANCE_HA.oldest).await?;
    call.in_own_project()?;
    call.allow()?;
    let id = Identifier::segment(&request)?;
    let uuid = id.uuid()?;
    let found = call
        .app
        .store
        .read(move |read| failure::segment(read, uuid))
        .await;
    let segment = found.map_err(|error| id.refusal(error))?;
    answer(
        &request,
        StatusCode::OK,
        &json!({ "segment": View::of(&segment) }),
    )
}
