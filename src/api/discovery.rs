//! `/` and `/v3/`: which versions there are, whatever the method, as with block storage. The clients ask without a token.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, http::header};

use super::app::App;
use super::error::Error;
use super::version::Version;
use super::{call, links};

/// `/`, any method: 300 and the versions.
pub async fn root(request: HttpRequest, app: Data<App>) -> Result<HttpResponse, Error> {
    call::negotiate(&request, Version::MIN)?;
    Ok(HttpResponse::MultipleChoices()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .content_type("application/json")
        .body(versions(&links::base(&request, &app))))
}

/// `/v3/`, any method: 200 and the same.
pub async fn v3(request: HttpRequest, app: Data<App>) -> Result<HttpResponse, Error> {
    call::negotiate(&request, Version::MIN)?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .content_type("application/json")
        .body(versions(&links::base(&request, &app))))
}

/// `/v3`, any method: on to `/v3/`.
pub async fn v3_without_slash(request: HttpRequest, app: Data<App>) -> HttpResponse {
    let location = format!("{}/v3/", links::base(&request, &app));
    HttpResponse::Found()
        .insert_header((header::LOCATION, location))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .content_type("text/plain")
        .finish()
}

fn versions(base: &str) -> String {
    serde_json::json!({ "versions": [{
        "id": "v3.0",
        "status": "CURRENT",
        "version": Version::MAX.to_string(),
        "min_version": Version::MIN.to_string(),
        "updated": "2023-08-31T00:00:00Z",
        "links": [
            { "rel": "describedby", "type": "text/html", "href": "https://docs.openstack.org/" },
            { "rel": "self", "href": format!("{base}/v3/") },
        ],
        "media-types": [{
            "base": "application/json",
            "type": "application/vnd.openstack.volume+json;version=3",
        }],
    }]})
    .to_string()
}
