//! Entity tags of answers.

use actix_web::HttpRequest;
use actix_web::http::header::{Header, IfNoneMatch};

/// Names of content codings that proxies add to entity tags.
const CODINGS: [&str; 4] = ["gzip", "br", "zstd", "deflate"];

/// The entity tag of a hash.
pub fn of_hash(hash: u64) -> String {
    format!("\"{hash:016x}\"")
}

/// Whether the client has this version of the answer. A proxy that compresses answers weakens their entity tags, or adds
/// the coding's name to them, and passes on what the client sends back.
pub fn is_known(request: &HttpRequest, etag: &str) -> bool {
    let tag = etag.trim_matches('"');
    match IfNoneMatch::parse(request) {
        Ok(IfNoneMatch::Any) => true,
        Ok(IfNoneMatch::Items(known)) => known
            .iter()
            .any(|known| known.tag() == tag || is_coded(known.tag(), tag)),
        Err(_) => false,
    }
}

/// Whether a tag is this one with the name of a coding: `tag-gzip` is Apache's form, `tag--gzip` Jetty's.
fn is_coded(coded: &str, tag: &str) -> bool {
    coded.strip_prefix(tag).is_some_and(|suffix| {
        let coding = suffix.trim_start_matches(['-', ';', '+']);
        coding.len() < suffix.len() && CODINGS.contains(&coding)
    })
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::IF_NONE_MATCH;
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
