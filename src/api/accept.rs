//! Which form of an answer the client prefers.

use actix_web::dev::RequestHead;
use actix_web::http::header::{self, HeaderMap};

use crate::telemetry::Exposition;

/// The headers in which programs show a token.
const TOKENS: [&str; 2] = ["x-auth-token", "x-storage-token"];

/// The forms that a list of messages has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// For programs; also for everything that is not known here, as block storage has it.
    Json,
    /// Server-sent events.
    EventStream,
    /// For people, in a browser.
    Html,
}

/// The form that a request prefers. Between equals the one named first wins; whatever else will do is JSON.
///
/// A page is for browsers: programs show a token, or name JSON in the path, whatever their library's Accept header says.
pub fn form(request: &RequestHead) -> Form {
    let Some(accept) = accept(&request.headers) else {
        return Form::Json;
    };
    // What programs send, mostly.
    if matches!(accept, "*/*" | "application/json") {
        return Form::Json;
    }
    preferred(accept, |kind| match kind {
        "text/event-stream" => Some(Form::EventStream),
        "text/html" => is_for_browser(request).then_some(Form::Html),
        "application/json" | "application/vnd.openstack.volume+json" | "application/*" | "*/*" => {
            Some(Form::Json)
        }
        _ => None,
    })
    .unwrap_or(Form::Json)
}

/// Whether a request prefers a page.
pub fn prefers_html(request: &RequestHead) -> bool {
    form(request) == Form::Html
}

/// The form of figures that the Accept header prefers; Prometheus' own, unless another is asked for.
pub fn exposition(headers: &HeaderMap) -> Exposition {
    let wanted = accept(headers).and_then(|accept| {
        preferred(accept, |kind| match kind {
            "application/openmetrics-text" => Some(Exposition::OpenMetrics),
            "text/plain" | "text/*" | "*/*" => Some(Exposition::Prometheus),
            _ => None,
        })
    });
    wanted.unwrap_or(Exposition::Prometheus)
}

fn accept(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::ACCEPT).and_then(|value| value.to_str().ok())
}

/// What the most preferred element of an Accept header is, of those that are anything.
fn preferred<T>(accept: &str, known: impl Fn(&str) -> Option<T>) -> Option<T> {
    let mut best = (0.0_f32, None);
    for element in accept.split(',') {
        let mut parts = element.split(';').map(str::trim);
        let kind = parts.next().unwrap_or_default().to_ascii_lowercase();
        let Some(form) = known(&kind) else { continue };
        let quality = parts
            .find_map(|part| part.strip_prefix("q="))
            .map_or(1.0, |quality| quality.parse::<f32>().unwrap_or(0.0));
        if quality > best.0 {
            best = (quality, Some(form));
        }
    }
    best.1
}

#[expect(
    clippy::case_sensitive_file_extension_comparisons,
    reason = "it is a part of a route, which regards case"
)]
fn is_for_browser(request: &RequestHead) -> bool {
    let has_token = TOKENS.iter().any(|name| request.headers.contains_key(*name));
    !has_token && !request.uri.path().ends_with(".json")
}

/// Whether the Accept header names JSON.
pub fn names_json(headers: &HeaderMap) -> bool {
    headers.get_all(header::ACCEPT).any(|value| {
        value
            .as_bytes()
            .windows(16)
            .any(|part| part == b"application/json")
    })
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn request(path: &str, headers: &[(&'static str, &'static str)]) -> RequestHead {
        let mut request = RequestHead::default();
        request.uri = path.parse().unwrap();
        for (name, value) in headers {
            let name = header::HeaderName::from_static(name);
            request.headers.insert(name, HeaderValue::from_static(value));
        }
        request
    }

    fn form_of(accept: &'static str) -> Form {
        form(&request("/v3/p1/messages", &[("accept", accept)]))
    }

    /// What Java's HTTP client asks for where a program says nothing.
    const JAVA: &str = "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2";

    #[test]
    fn json_unless_something_else_is_preferred() {
        assert_eq!(form_of("*/*"), Form::Json);
        assert_eq!(form_of("application/xml"), Form::Json);
        assert_eq!(form_of("text/event-stream"), Form::EventStream);
        assert_eq!(form_of("text/event-stream;q=0.5, application/json"), Form::Json);
        assert_eq!(
            form_of("application/json;q=0.1, text/event-stream;q=0.5"),
            Form::EventStream
        );
        assert_eq!(form_of("text/event-stream;q=0"), Form::Json);
        assert_eq!(
            form_of("application/vnd.openstack.volume+json;version=3, text/html;q=0.5"),
            Form::Json
        );
    }

    #[test]
    fn a_page_only_for_browsers() {
        let is_page = |accept: &'static str| form_of(accept) == Form::Html;
        assert!(is_page(
            "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8"
        ));
        assert!(is_page("text/html"));
        assert!(is_page(JAVA));
        assert!(is_page("TEXT/HTML; charset=utf-8, */*"));
        for other in [
            "",
            "*/*",
            "application/json",
            "application/json, text/html",
            "*/*, text/html;q=0.9",
            "text/html;q=0",
            "text/*",
            "application/xhtml+xml",
        ] {
            assert!(!is_page(other), "{other}");
        }
    }

    #[test]
    fn no_page_for_a_token_or_where_the_path_says_json() {
        for token in TOKENS {
            let with = |accept| form(&request("/v3/p1/messages", &[("accept", accept), (token, "t")]));
            assert_eq!(with("text/html"), Form::Json);
            assert_eq!(with(JAVA), Form::Json);
            assert_eq!(with("text/html, text/event-stream;q=0.5"), Form::EventStream);
        }
        let json = |accept| form(&request("/v3/p1/messages.json", &[("accept", accept)]));
        assert_eq!(json("text/html"), Form::Json);
        assert_eq!(json("text/event-stream"), Form::EventStream);
    }

    #[test]
    fn figures_are_openmetrics_only_where_that_is_preferred() {
        let form = |accept: &'static str| exposition(&request("/metrics", &[("accept", accept)]).headers);
        assert_eq!(exposition(&HeaderMap::new()), Exposition::Prometheus);
        for prometheus in [
            "*/*",
            "",
            "text/html",
            "text/plain;version=0.0.4",
            "text/plain, application/openmetrics-text;q=0.5",
        ] {
            assert_eq!(form(prometheus), Exposition::Prometheus, "{prometheus}");
        }
        for open_metrics in [
            "application/openmetrics-text",
            "application/openmetrics-text;version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
        ] {
            assert_eq!(form(open_metrics), Exposition::OpenMetrics, "{open_metrics}");
        }
    }
}
