//! Which form of an answer the client prefers.

use actix_web::http::header::{self, HeaderMap};

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

/// The form that the Accept header prefers. Between equals the one named first wins; whatever else will do is JSON.
pub fn form(headers: &HeaderMap) -> Form {
    let Some(accept) = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()) else {
        return Form::Json;
    };
    // What programs send, mostly.
    if matches!(accept, "*/*" | "application/json") {
        return Form::Json;
    }
    let mut best = (0.0_f32, Form::Json);
    for element in accept.split(',') {
        let mut parts = element.split(';').map(str::trim);
        let form = match parts.next().unwrap_or_default().to_ascii_lowercase().as_str() {
            "text/event-stream" => Form::EventStream,
            "text/html" => Form::Html,
            "application/json" | "application/*" | "*/*" => Form::Json,
            _ => continue,
        };
        let quality = parts
            .find_map(|part| part.strip_prefix("q="))
            .map_or(1.0, |quality| quality.parse::<f32>().unwrap_or(0.0));
        if quality > best.0 {
            best = (quality, form);
        }
    }
    best.1
}

/// Whether the Accept header prefers a page.
pub fn prefers_html(headers: &HeaderMap) -> bool {
    form(headers) == Form::Html
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

    #[test]
    fn json_unless_something_else_is_preferred() {
        let preferred = |accept: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
            form(&headers)
        };
        assert_eq!(preferred("*/*"), Form::Json);
        assert_eq!(preferred("application/xml"), Form::Json);
        assert_eq!(preferred("text/event-stream"), Form::EventStream);
        assert_eq!(preferred("text/event-stream;q=0.5, application/json"), Form::Json);
        assert_eq!(
            preferred("application/json;q=0.1, text/event-stream;q=0.5"),
            Form::EventStream
        );
        assert_eq!(preferred("text/event-stream;q=0"), Form::Json);
    }

    #[test]
    fn a_page_only_for_browsers() {
        let is_page = |accept: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
            prefers_html(&headers)
        };
        assert!(is_page(
            "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8"
        ));
        assert!(is_page("text/html"));
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
}
