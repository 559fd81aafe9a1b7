//! `GET /v3/{project_id}/messages/-/static/{name}`: style sheet, script and icon. No token is needed.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};

use crate::api::error::Error;
use crate::api::etag::is_known;
use crate::page::asset;

/// Answers a file, which never changes under its name.
pub async fn show(request: HttpRequest) -> Result<HttpResponse, Error> {
    let name = request.match_info().get("name").unwrap_or_default();
    let file = asset::find(name).ok_or_else(Error::no_route)?;
    let etag = format!("\"{name}\"");
    let is_known = is_known(&request, &etag);
    let mut response = if is_known {
        HttpResponse::NotModified()
    } else {
        HttpResponse::Ok()
    };
    response
        .insert_header((header::ETAG, etag))
        .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .insert_header(("Cross-Origin-Resource-Policy", "same-origin"));
    if is_known {
        return Ok(response.finish());
    }
    Ok(response
        // An icon that is opened by itself is a document.
        .insert_header((header::CONTENT_SECURITY_POLICY, "default-src 'none'"))
        .content_type(format!("{}; charset=utf-8", file.media_type))
        .body(file.content.as_str()))
}
