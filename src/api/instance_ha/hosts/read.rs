//! `GET /v1/segments/{id}/hosts` and `GET /v1/segments/{id}/hosts/{host_id}`.

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
use crate::store::failure::{self, HOST_COLUMNS, HostFilter};

/// Lists the hosts of a segment.
pub async fn list(request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    let call = Call::permitted_without_body(&request, payload).await?;
    let parameters = Parameters::parse(request.query_string());
    let page = parameters.page(HOST_COLUMNS, call.app.config.api.max_limit)?;
    let id = Identifier::segment(&request)?;
    let uuid = id.uuid()?;
    let segment = id.read(&call, failure::segment).await?;
    let filter = HostFilter {
        kind: parameters.text("type"),
        on_maintenance: parameters.flag("on_maintenance")?,
        reserved: parameters.flag("reserved")?,
    };
    let hosts = parameters.search(&call, page, move |read, page| {
        failure::hosts(read, uuid, &filter, page)
    });
    let hosts = hosts.await?;
    let views: Vec<View<'_>> = hosts.iter().map(|host| View::of(host, &segment)).collect();
    answer(&request, StatusCode::OK, &json!({ "hosts": views }))
}

/// Shows a host.
pub async fn show(request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    let call = Call::permitted_without_body(&request, payload).await?;
    let (of, id) = (Identifier::segment(&request)?, Identifier::host(&request)?);
    let of = of.uuid()?;
    let found = id.read(&call, move |conn, uuid| {
        let host = failure::host(conn, uuid, Some(of))?;
        Ok((host, failure::segment(conn, of)?))
    });
    let (host, segment) = found.await?;
    answer(&request, StatusCode::OK, &body(&host, &segment))
}
