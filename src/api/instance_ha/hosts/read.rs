//! `GET /v1/segments/{id}/hosts` and `GET /v1/segments/{id}/hosts/{host_id}`.

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
use crate::store::failure::{self, HOST_COLUMNS, HostFilter};

/// Lists the hosts of a segment.
pub async fn list(request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    let (call, _) = Call::begin_without_body(&request, &mut payload.into_inner(), INSTANCE_HA.oldest).await?;
    call.in_own_project()?;
    call.allow()?;
    let parameters = Parameters::parse(request.query_string());
    let page = parameters.page(HOST_COLUMNS, call.app.config.api.max_limit)?;
    let id = Identifier::segment(&request)?;
    let uuid = id.uuid()?;
    let store = &call.app.store;
    let segment = store.read(move |read| failure::segment(read, uuid)).await;
    let segment = segment.map_err(|error| id.refusal(error))?;
    let filter = HostFilter {
        kind: parameters.text("type"),
        on_maintenance: parameters.flag("on_maintenance")?,
        reserved: parameters.flag("reserved")?,
    };
    let found = match page {
        None => Vec::new(),
        Some(page) => {
            let read = store.search(&Scope::All, move |read| {
                failure::hosts(read, uuid, &filter, &page)
            });
            read.await.map_err(|error| parameters.refusal(error))?
        }
    };
    let views: Vec<View<'_>> = found.iter().map(|host| View::of(host, &segment)).collect();
    answer(&request, StatusCode::OK, &json!({ "hosts": views }))
}

/// Shows a host.
pub async fn show(request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    let (call, _) = Call::begin_without_body(&request, &mut payload.into_inner(), INSTANCE_HA.oldest).await?;
    call.in_own_project()?;
    call.allow()?;
    let (of, id) = (Identifier::segment(&request)?, Identifier::host(&request)?);
    let (of, uuid) = (of.uuid()?, id.uuid()?);
    let found = call.app.store.read(move |read| {
        let host = failure::host(read, uuid, Some(of))?;
        Ok((host, failure::segment(read, of)?))
    });
    let (host, segment) = found.await.map_err(|error| id.refusal(error))?;
    answer(
        &request,
        StatusCode::OK,
        &json!({ "host": View::of(&host, &segment) }),
    )
}
