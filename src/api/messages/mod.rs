//! `/v3/{project_id}/messages`: a file for each operation, and what they share.

mod conditions;
mod create;
mod delete;
mod draft;
mod filters;
mod list;
mod parameters;
pub mod read;
mod show;
pub mod stream;
mod view;

use actix_web::http::header::{HeaderValue, IF_NONE_MATCH};
use actix_web::web::{self, Payload, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use percent_encoding::percent_decode_str;
use uuid::Uuid;

use super::call::{self, Call};
use super::error::Error;
use super::no_route::no_route;
use super::page;
use crate::catalog::canonical_uuid as canonical;

/// Names of content codings that proxies add to entity tags.
const CODINGS: [&str; 4] = ["gzip", "br", "zstd", "deflate"];

/// The routes below `/v3/{project_id}` and, without POST, below `/v3`.
pub fn routes(config: &mut ServiceConfig, has_project: bool) {
    let mut collection = web::resource(["/messages", "/messages.json"]).default_service(web::to(no_route));
    if has_project {
        // The first route that fits answers.
        collection = collection
            .route(page::get().to(page::list::list))
            .route(web::post().to(create::create));
    }
    collection = collection.route(web::get().to(list::list));
    let mut message = web::resource("/messages/{id}").default_service(web::to(no_route));
    if has_project {
        message = message.route(page::get().to(page::detail::show));
    }
    config
        .service(collection)
        .service(
            web::resource("/messages/-/read")
                .route(web::get().to(read::show))
                .route(web::put().to(read::change))
                .route(web::post().to(page::mark::submit))
                .default_service(web::to(no_route)),
        )
        .service(
            web::resource("/messages/{id}/edit")
                .route(web::get().to(no_method))
                .default_service(web::to(no_route)),
        )
        .service(
            message
                .route(web::get().to(show::show))
                .route(web::delete().to(delete::delete))
                .route(web::put().to(no_method)),
        )
        .service(
            web::resource("/resource_filters")
                .route(web::get().to(filters::list))
                .default_service(web::to(no_route)),
        );
}

/// A route that block storage has without an operation behind it: the version is still checked.
async fn no_method(request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    let default = call::default_for_messages(&request);
    Call::begin_without_body(&request, &mut payload.into_inner(), default).await?;
    Err(Error::no_route())
}

/// The message id in a path, and its text for the answer that there is none.
///
/// Only the canonical form names a message; anything else is a name that no message has.
pub fn id_in(request: &HttpRequest) -> Result<(Option<Uuid>, String), Error> {
    let raw = request.match_info().get("id").unwrap_or_default();
    let text = percent_decode_str(raw)
        .decode_utf8()
        .map_err(|_| Error::malformed())?;
    let text = text.strip_suffix(".json").unwrap_or(&text).to_owned();
    if text == "new" {
        return Err(Error::no_route());
    }
    Ok((canonical(&text), text))
}

/// Whether the client has this version of the answer already. A proxy that compresses answers weakens their entity tags, or
/// adds the coding's name to them, and hands on what the client sends back.
pub fn is_known(request: &HttpRequest, etag: &str) -> bool {
    request
        .headers()
        .get_all(IF_NONE_MATCH)
        .filter_map(|value: &HeaderValue| value.to_str().ok())
        .flat_map(|known| known.split(','))
        .map(|tag| tag.trim().trim_start_matches("W/"))
        .any(|tag| tag == "*" || tag == etag || is_coded(tag, etag))
}

/// Whether a tag is this one with the name of a coding: `"tag-gzip"` is Apache's form, `"tag--gzip"` Jetty's.
fn is_coded(tag: &str, etag: &str) -> bool {
    let suffix = tag
        .strip_suffix('"')
        .and_then(|tag| tag.strip_prefix(etag.trim_end_matches('"')));
    suffix.is_some_and(|suffix| {
        let coding = suffix.trim_start_matches(['-', ';', '+']);
        coding.len() < suffix.len() && CODINGS.contains(&coding)
    })
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn a_tag_is_known_however_a_proxy_has_changed_it() {
        let is_known = |tags: &str| {
            let request = TestRequest::default().insert_header((IF_NONE_MATCH, tags));
            is_known(&request.to_http_request(), "\"0a1b\"")
        };
        for known in [
            "\"0a1b\"",
            "W/\"0a1b\"",
            "\"0a1b-gzip\"",
            "W/\"0a1b--br\"",
            "\"0a1b;gzip\"",
            "\"other\", W/\"0a1b-zstd\"",
            "*",
        ] {
            assert!(is_known(known), "{known}");
        }
        for other in [
            "",
            "0a1b",
            "\"0a1bgzip\"",
            "\"0a1b-\"",
            "\"0a1b-zh-CN\"",
            "\"0a1\"",
            "\"0a1b-gzip",
        ] {
            assert!(!is_known(other), "{other}");
        }
    }
}
