//! `/` and `/v3/`: the versions of the APIs, whatever the method, as with block storage. Clients ask without a token.

use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};

use crate::api::app::App;
use crate::api::error::Error;
use crate::api::links;
use crate::api::microversion::negotiate;
use crate::api::volume::service::VOLUME;

/// `/`, any method: 300 and the versions.
pub async fn root(request: HttpRequest) -> Result<HttpResponse, Error> {
    versions(&request, StatusCode::MULTIPLE_CHOICES)
}

/// `/v3/`, any method: 200 and the versions.
pub async fn v3(request: HttpRequest) -> Result<HttpResponse, Error> {
    versions(&request, StatusCode::OK)
}

/// `/v3`, any method: redirects to `/v3/`.
pub async fn v3_without_slash(request: HttpRequest) -> Result<HttpResponse, Error> {
    let location = format!("{}{}/", links::base(&request, App::of(&request)?), VOLUME.prefix);
    let answer = HttpResponse::Found()
        .insert_header((header::LOCATION, location))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .content_type("text/plain")
        .finish();
    Ok(answer)
}

fn versions(request: &HttpRequest, status: StatusCode) -> Result<HttpResponse, Error> {
    let app = App::of(request)?;
    negotiate(request, app, &VOLUME, VOLUME.oldest)?;
    let base = links::base(request, app);
    let services = app.router.services().iter();
    let entries: Vec<_> = services.map(|service| service.entry(&base)).collect();
    let answer = HttpResponse::build(status)
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .content_type("application/json")
        .body(serde_json::json!({ "versions": entries }).to_string());
    Ok(answer)
}
