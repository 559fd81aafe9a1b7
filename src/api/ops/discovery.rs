//! `/` and `/v3/`: the versions of the APIs, whatever the method, as with block storage. Clients ask without a token.

use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};

use crate::api::app::App;
use crate::api::error::Error;
use crate::api::links;
use crate::api::microversion::negotiate;
use crate::api::service::Service;
use crate::api::target::Target;

/// `/`, any method: 300 and the versions.
pub async fn root(request: HttpRequest) -> Result<HttpResponse, Error> {
    versions(&request, StatusCode::MULTIPLE_CHOICES)
}

/// A service's prefix and a slash, any method: 200 and the versions.
pub async fn of_service(request: HttpRequest) -> Result<HttpResponse, Error> {
    versions(&request, StatusCode::OK)
}

/// A service's prefix without a slash, any method: redirects to the one with it.
pub async fn add_slash(request: HttpRequest) -> Result<HttpResponse, Error> {
    let location = [&links::base(&request, App::of(&request)?), request.path(), "/"].concat();
    let answer = HttpResponse::Found()
        .insert_header((header::LOCATION, location))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .content_type("text/plain")
        .finish();
    Ok(answer)
}

/// The shared root speaks the microversions of the service whose header the request sends, or of the first service.
fn versions(request: &HttpRequest, status: StatusCode) -> Result<HttpResponse, Error> {
    let app = App::of(request)?;
    let services = app.router.services();
    let is_asked = |service: &&&Service| request.headers().contains_key(&service.version_header);
    let asked = || services.iter().find(is_asked).or(services.first()).copied();
    if let Some(service) = Target::of(request).service.or_else(asked) {
        negotiate(request, app, service, service.oldest)?;
    }
    let base = links::base(request, app);
    let entries: Vec<_> = services.iter().map(|service| service.entry(&base)).collect();
    let answer = HttpResponse::build(status)
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .content_type("application/json")
        .body(serde_json::json!({ "versions": entries }).to_string());
    Ok(answer)
}
