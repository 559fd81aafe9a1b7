//! `GET /openapi.json`: the API as a document that programs read.

use actix_web::HttpResponse;

/// The document. A test holds it against the routes, and a fuzzer against the answers.
pub const DOCUMENT: &str = include_str!("openapi.json");

/// Answers the document.
pub async fn document() -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(DOCUMENT)
}
