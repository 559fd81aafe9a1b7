//! `/` and `/v3/`: the versions of the APIs, whatever the method, as with block storage. Clients ask without a token.

use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::Value;

use crate::api::app::App;
use crate::api::error::Error;
use crate::api::links;
use crate::api::microversion::negotiate;
use crate::api::service::Service;
use crate::api::target::Target;

/// `/`, any method: 300 and the versions.
pub async fn root(request: HttpRequest) -> Result<HttpResponse, Error> {
    let services = App::of(&request)?.router.services();
    let is_asked = |service: &&&Service| request.headers().contains_key(&service.version_header);
    let service = mounted(&request).or_else(|| {
        // The shared root speaks the microversions of the service whose header the request sends, or of the first one.
        let mut known = services.iter().filter(|service| service.negotiates_at_root);
        known.clone().find(is_asked).or(known.next()).copied()
    });
    let spoken = service.filter(|service| service.negotiates_at_root);
    versions(&request, StatusCode::MULTIPLE_CHOICES, spoken, mounted(&request))
}

/// A service's prefix and a slash, any method: 200 and the versions.
pub async fn of_service(request: HttpRequest) -> Result<HttpResponse, Error> {
    versions(
        &request,
        StatusCode::OK,
        Target::of(&request).service,
        mounted(&request),
    )
}

/// A service's prefix, with or without a slash, any method: 200 and the versions of this service alone.
pub async fn of_service_alone(request: HttpRequest) -> Result<HttpResponse, Error> {
    let service = Target::of(&request).service;
    versions(&request, StatusCode::OK, service, service)
}

/// A service's prefix, any method: 200 and its version alone.
pub async fn version(request: HttpRequest) -> Result<HttpResponse, Error> {
    let app = App::of(&request)?;
    let service = Target::of(&request).service.ok_or_else(Error::no_route)?;
    negotiate(&request, app, service, service.oldest)?;
    let body = serde_json::json!({ "version": entry(&request, app, service) });
    let answer = HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .content_type("application/json")
        .body(body.to_string());
    Ok(answer)
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

/// The service whose mount the path began with.
fn mounted(request: &HttpRequest) -> Option<&'static Service> {
    let target = Target::of(request);
    target.service.filter(|_| target.is_mounted)
}

/// The entry of a service, with links below its mount if the request came there.
fn entry(request: &HttpRequest, app: &App, service: &Service) -> Value {
    let mount = Target::of(request).mount();
    service.entry(&[&links::base(request, app), mount].concat())
}

/// Answers in the microversion of `spoken`, if any, the version of `shown`, or all of them.
fn versions(
    request: &HttpRequest,
    status: StatusCode,
    spoken: Option<&'static Service>,
    shown: Option<&'static Service>,
) -> Result<HttpResponse, Error> {
    let app = App::of(request)?;
    if let Some(service) = spoken {
        negotiate(request, app, service, service.oldest)?;
    }
    let services = app.router.services().iter().copied();
    let shown = services.filter(|service| shown.is_none_or(|shown| std::ptr::eq(*service, shown)));
    let entries: Vec<_> = shown.map(|service| entry(request, app, service)).collect();
    let answer = HttpResponse::build(status)
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .content_type("application/json")
        .body(serde_json::json!({ "versions": entries }).to_string());
    Ok(answer)
}
