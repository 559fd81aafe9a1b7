//! Which form of an answer the client prefers.

use actix_web::HttpMessage;
use actix_web::dev::ServiceRequest;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use tidings_client::FULL_FORM;

use super::service::Service;
use crate::catalog::Language;
use crate::telemetry::Exposition;

/// The headers in which programs show a token.
const TOKENS: [&str; 2] = ["x-auth-token", "x-storage-token"];

/// The forms that a list of messages has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AnswerForm {
    /// For programs; also the answer to media types that are not known here, as in block storage.
    #[default]
    Json,
    /// Server-sent events.
    EventStream,
    /// For people, in a browser.
    Html,
}

/// Whether a request prefers the full form of messages to the service's own.
pub fn is_full(request: &impl HttpMessage, service: &Service) -> bool {
    // What most programs send.
    let accept = request.headers().get(header::ACCEPT).map(HeaderValue::as_bytes);
    if let None | Some(b"*/*" | b"application/json") = accept {
        return false;
    }
    preferred(request, |kind| match kind {
        FULL_FORM => Some(true),
        "application/*" | "*/*" => Some(false),
        _ => service.is_json(kind).then_some(false),
    }) == Some(true)
}

/// Returns the form that a request to one of `services` prefers. Of equals the first wins; the default is JSON.
///
/// Pages are for browsers: a program shows a token or names JSON in the path, whatever its library's Accept header says.
pub fn form(request: &ServiceRequest, services: &[&Service]) -> AnswerForm {
    // What most programs send.
    let accept = request.headers().get(header::ACCEPT).map(HeaderValue::as_bytes);
    if let None | Some(b"*/*" | b"application/json") = accept {
        return AnswerForm::Json;
    }
    let form = preferred(request, |kind| match kind {
        "text/event-stream" => Some(AnswerForm::EventStream),
        "text/html" => is_for_browser(request).then_some(AnswerForm::Html),
        FULL_FORM | "application/*" | "*/*" => Some(AnswerForm::Json),
        _ => services
            .iter()
            .any(|service| service.is_json(kind))
            .then_some(AnswerForm::Json),
    });
    form.unwrap_or_default()
}

/// The form of the metrics that a request prefers: Prometheus' own, unless it asks for another.
pub fn exposition(request: &impl HttpMessage) -> Exposition {
    let form = preferred(request, |kind| match kind {
        "application/openmetrics-text" => Some(Exposition::OpenMetrics),
        "text/plain" | "text/*" | "*/*" => Some(Exposition::Prometheus),
        _ => None,
    });
    form.unwrap_or(Exposition::Prometheus)
}

/// The language that a request prefers.
pub fn language(headers: &HeaderMap) -> Language {
    let wanted = headers
        .get(header::ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok());
    wanted.map_or_else(Language::default, Language::negotiate)
}

/// The most preferred of the media types that `known` knows. actix's typed header drops elements that many clients send,
/// such as `text/html;q=.8`; here any quality that is a number counts.
fn preferred<T>(request: &impl HttpMessage, known: impl Fn(&str) -> Option<T>) -> Option<T> {
    let accept = request.headers().get(header::ACCEPT)?.to_str().ok()?;
    let mut best = (0.0_f32, None);
    for element in accept.split(',') {
        let mut parts = element.split(';').map(str::trim);
        let kind = parts.next().unwrap_or_default().to_ascii_lowercase();
        let Some(form) = known(&kind) else { continue };
        let quality = parts
            .find_map(|part| part.strip_prefix("q="))
            .map_or(1.0, |quality| quality.parse().unwrap_or(0.0));
        if quality > best.0 {
            best = (quality, Some(form));
        }
    }
    best.1
}

#[expect(
    clippy::case_sensitive_file_extension_comparisons,
    reason = "it is a part of a path, which is case-sensitive"
)]
fn is_for_browser(request: &ServiceRequest) -> bool {
    let has_token = TOKENS.iter().any(|name| request.headers().contains_key(*name));
    !has_token && !request.path().ends_with(".json")
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
    use actix_web::test::TestRequest;

    use super::*;
    use crate::api::volume::service::VOLUME;

    fn form(request: &ServiceRequest) -> AnswerForm {
        super::form(request, &[&VOLUME])
    }

    fn request(path: &str, headers: &[(&'static str, &'static str)]) -> ServiceRequest {
        let request = TestRequest::with_uri(path);
        let request = headers
            .iter()
            .fold(request, |request, header| request.insert_header(*header));
        request.to_srv_request()
    }

    fn form_of(accept: &'static str) -> AnswerForm {
        form(&request("/v3/p1/messages", &[("accept", accept)]))
    }

    /// What Java's HTTP client asks for where a program says nothing.
    const JAVA: &str = "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2";

    #[test]
    fn json_unless_something_else_is_preferred() {
        assert_eq!(form_of("*/*"), AnswerForm::Json);
        assert_eq!(form_of("application/xml"), AnswerForm::Json);
        assert_eq!(form_of("text/event-stream"), AnswerForm::EventStream);
        assert_eq!(
            form_of("text/event-stream;q=0.5, application/json"),
            AnswerForm::Json
        );
        assert_eq!(
            form_of("application/json;q=0.1, text/event-stream;q=0.5"),
            AnswerForm::EventStream
        );
        assert_eq!(form_of("text/event-stream;q=0"), AnswerForm::Json);
        for lenient in [
            "text/event-stream;",
            "text/event-stream;q=1.0000",
            "text/event-stream;q=.8, */*;q=.2",
        ] {
            assert_eq!(form_of(lenient), AnswerForm::EventStream, "{lenient}");
        }
        assert_eq!(
            form_of("application/vnd.openstack.volume+json;version=3, text/html;q=0.5"),
            AnswerForm::Json
        );
    }

    #[test]
    fn the_full_form_only_where_it_is_preferred() {
        let is_full = |accept: &'static str| {
            let request = request("/v3/p1/messages", &[("accept", accept)]);
            is_full(&request, &VOLUME)
        };
        for (accept, expected) in [
            (FULL_FORM, true),
            (
                "application/vnd.tidings.message+json, application/json;q=0.9",
                true,
            ),
            (
                "application/json, application/vnd.tidings.message+json;q=0.9",
                false,
            ),
            ("text/event-stream, application/vnd.tidings.message+json", true),
            ("text/event-stream", false),
            ("application/vnd.tidings.message+json;q=0", false),
            ("*/*", false),
        ] {
            assert_eq!(is_full(accept), expected, "{accept}");
        }
        assert_eq!(form_of(FULL_FORM), AnswerForm::Json);
    }

    #[test]
    fn a_page_only_for_browsers() {
        let is_page = |accept: &'static str| form_of(accept) == AnswerForm::Html;
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
            assert_eq!(with("text/html"), AnswerForm::Json);
            assert_eq!(with(JAVA), AnswerForm::Json);
            assert_eq!(
                with("text/html, text/event-stream;q=0.5"),
                AnswerForm::EventStream
            );
        }
        let json = |accept| form(&request("/v3/p1/messages.json", &[("accept", accept)]));
        assert_eq!(json("text/html"), AnswerForm::Json);
        assert_eq!(json("text/event-stream"), AnswerForm::EventStream);
    }

    #[test]
    fn metrics_are_openmetrics_only_where_that_is_preferred() {
        let form = |accept: &'static str| exposition(&request("/metrics", &[("accept", accept)]));
        assert_eq!(exposition(&request("/metrics", &[])), Exposition::Prometheus);
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
