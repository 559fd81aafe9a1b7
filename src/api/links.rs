//! The addresses in answers.

use std::net::IpAddr;

use actix_web::HttpRequest;
use actix_web::http::header::{self, HeaderMap, HeaderName};

use super::app::App;

const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Scheme, host and prefix of links, without a slash at the end.
///
/// `public_endpoint` wins, then what a trusted proxy forwards, then the Host header. `X-Forwarded-*` of other clients
/// is ignored, as it would let one client choose where another one's links lead.
pub fn base(request: &HttpRequest, app: &App) -> String {
    if let Some(endpoint) = &app.config.api.public_endpoint {
        return endpoint.to_string().trim_end_matches('/').to_owned();
    }
    let headers = request.headers();
    let host = host(headers).unwrap_or("localhost");
    if !is_from_trusted_proxy(request, app) {
        return ["http://", host].concat();
    }
    let host = last(headers, &FORWARDED_HOST)
        .filter(|host| is_host(host))
        .unwrap_or(host);
    let scheme = match last(headers, &FORWARDED_PROTO) {
        Some("https") => "https",
        _ => "http",
    };
    format!("{scheme}://{host}")
}

/// The Host header, if it is well formed.
pub fn host(headers: &HeaderMap) -> Option<&str> {
    headers
        .get(header::HOST)?
        .to_str()
        .ok()
        .filter(|host| is_host(host))
}

/// The host without its port.
pub fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        // An IPv6 address without a port ends in a bracket.
        Some((name, port)) if !port.ends_with(']') => name,
        _ => host,
    }
}

/// Whether the request comes straight from a proxy in `trusted_proxies`.
pub fn is_from_trusted_proxy(request: &HttpRequest, app: &App) -> bool {
    request.peer_addr().is_some_and(|peer| is_trusted(app, peer.ip()))
}

fn is_trusted(app: &App, peer: IpAddr) -> bool {
    app.config
        .api
        .trusted_proxies
        .iter()
        .any(|network| network.contains(peer))
}

/// The last element of a header, repeated or joined by commas: the one that the nearest proxy wrote.
fn last<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers
        .get_all(name)
        .next_back()?
        .to_str()
        .ok()?
        .rsplit(',')
        .next()
        .map(str::trim)
}

/// Whether the text is a host name, an IPv4 or a bracketed IPv6 address, with or without a port, so that it cannot
/// break out of a link.
fn is_host(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 262
        && text.bytes().all(|byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':' | b'[' | b']')
        })
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    #[test]
    fn of_a_repeated_header_the_nearest_proxys_counts() {
        let mut headers = HeaderMap::new();
        assert_eq!(last(&headers, &FORWARDED_HOST), None);
        headers.append(FORWARDED_HOST, HeaderValue::from_static("client.example"));
        assert_eq!(last(&headers, &FORWARDED_HOST), Some("client.example"));
        headers.append(
            FORWARDED_HOST,
            HeaderValue::from_static("far.example, near.example"),
        );
        assert_eq!(last(&headers, &FORWARDED_HOST), Some("near.example"));
    }

    #[test]
    fn only_what_has_the_form_of_a_host_gets_into_links() {
        for host in ["localhost:8790", "[::1]:80", "a-b.example.com", "10.0.0.1"] {
            assert!(is_host(host), "{host}");
        }
        for host in ["", "a b", "a/b", "a\"b", "a@b", "é.example"] {
            assert!(!is_host(host), "{host}");
        }
    }
}
