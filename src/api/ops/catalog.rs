//! `GET /catalog`: every text of the catalog, for user interfaces and documentation. No token is needed.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};

use crate::api::accept::language;
use crate::api::etag::is_known;
use crate::catalog;

/// Answers the catalog in the caller's language.
pub async fn export(request: HttpRequest) -> HttpResponse {
    let language = language(request.headers());
    let etag = format!("\"{}-{}\"", catalog::fingerprint(), language.tag());
    let mut response = if is_known(&request, &etag) {
        HttpResponse::NotModified()
    } else {
        HttpResponse::Ok()
    };
    response
        .insert_header((header::ETAG, etag.clone()))
        .insert_header((header::VARY, "Accept-Language"))
        .insert_header((header::CACHE_CONTROL, "public, max-age=300"));
    if is_known(&request, &etag) {
        return response.finish();
    }
    response
        .insert_header((header::CONTENT_LANGUAGE, language.http_tag()))
        .content_type("application/json")
        .body(catalog::export::json(language))
}
