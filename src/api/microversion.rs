//! Negotiates microversions, such as `OpenStack-API-Version: volume X.Y`.

use actix_web::http::header::HeaderMap;
use actix_web::{HttpMessage, HttpRequest};

use super::app::App;
use super::error::Error;
use super::service::{Service, VersionForm};
use super::version::Microversion;

/// The microversion of a response, for the headers that the outermost layer writes.
#[derive(Clone)]
pub struct Echo {
    /// The service.
    pub service: &'static Service,
    /// Its microversion, or the one that was asked for and rejected.
    pub version: String,
}

/// A rejected version.
#[derive(Debug)]
struct Rejected {
    error: Error,
    /// The version in the response header, where it has one.
    echo: Option<String>,
}

impl Rejected {
    fn silently(error: Error) -> Self {
        Self { error, echo: None }
    }
}

/// Returns the microversion to answer a request in, and leaves it with the request for the response header. `default` is
/// for requests that name none.
pub fn negotiate(
    request: &HttpRequest,
    app: &App,
    service: &'static Service,
    default: Microversion,
) -> Result<Microversion, Error> {
    let is_strict = app.config.api.strict_microversions;
    let (echo, result) = match choose(service, request.headers(), default, is_strict) {
        Ok(version) => (Some(version.to_string()), Ok(version)),
        Err(rejected) => (rejected.echo, Err(rejected.error)),
    };
    if let Some(version) = echo {
        request.extensions_mut().insert(Echo { service, version });
    }
    result
}

/// Returns the version that the headers name; `default` where there is no header. Block storage rejects a header without
/// a version for it; here only `is_strict` does, as a version for another service does no harm.
fn choose(
    service: &Service,
    headers: &HeaderMap,
    default: Microversion,
    is_strict: bool,
) -> Result<Microversion, Rejected> {
    let mut elements = headers
        .get_all(&service.version_header)
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .filter_map(|element| std::str::from_utf8(element).ok());
    let form = service.version_form;
    let named = elements.find(|element| form == VersionForm::Bare || element.contains(service.name));
    let Some(element) = named else {
        return if is_strict && !service.ignores_no_version && headers.contains_key(&service.version_header) {
            Err(Rejected::silently(Error::malformed()))
        } else {
            Ok(default)
        };
    };
    let mut words = element.split_whitespace();
    let words = (words.next(), words.next(), words.next());
    let ((VersionForm::Named, (Some(_), Some(word), None)) | (VersionForm::Bare, (Some(word), None, _))) =
        (form, words)
    else {
        if service.ignores_no_version {
            return Ok(default);
        }
        return Err(Rejected::silently(Error::malformed()));
    };
    if word == "latest" {
        return Ok(service.newest);
    }
    let Some(version) = Microversion::parse(word) else {
        return Err(Rejected::silently(Error::BadRequest(format!(
            "API Version String {word} is of invalid format. Must be of format MajorNum.MinorNum."
        ))));
    };
    if (service.oldest..=service.newest).contains(&version) {
        return Ok(version);
    }
    let error = Error::NotAcceptable(format!(
        "Version {word} is not supported by the API. Minimum is {} and maximum is {}.",
        service.oldest, service.newest
    ));
    let echo = (service.repeats_refused)(word).then(|| word.to_owned());
    Err(Rejected { error, echo })
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;
    use crate::api::volume::service::VOLUME;

    fn asked(value: &'static str) -> String {
        asked_as(value, false)
    }

    fn asked_as(value: &'static str, is_strict: bool) -> String {
        let mut headers = HeaderMap::new();
        headers.insert(VOLUME.version_header.clone(), HeaderValue::from_static(value));
        match choose(&VOLUME, &headers, VOLUME.messages, is_strict) {
            Ok(version) => version.to_string(),
            Err(rejected) => format!("{} ({:?})", rejected.error, rejected.echo),
        }
    }

    #[test]
    fn the_first_element_for_volume_counts() {
        assert_eq!(asked("compute 2.1, volume 3.5,volume 3.9"), "3.5");
        assert_eq!(asked("volumev3 3.7"), "3.7");
        assert_eq!(asked("volume latest"), "3.71");
        assert_eq!(asked("compute 2.1"), "3.3");
        assert_eq!(asked("latest"), "3.3");
    }

    #[test]
    fn a_header_without_a_version_for_volumes_is_rejected_on_request() {
        for value in [
            "compute 2.1",
            "latest",
            "3.3",
            "VOLUME 3.3",
            "block-storage 3.3",
            "",
        ] {
            assert!(
                asked_as(value, true).starts_with("The server could not comply"),
                "{value}"
            );
        }
        assert_eq!(asked_as("compute 2.1,volume 3.5", true), "3.5");
        let none = choose(&VOLUME, &HeaderMap::new(), VOLUME.oldest, true);
        assert_eq!(none.ok(), Some(VOLUME.oldest));
    }

    #[test]
    fn what_cannot_be_read_or_served_is_rejected() {
        insta::assert_snapshot!(asked("volume"), @"The server could not comply with the request since it is either malformed or otherwise incorrect. (None)");
        insta::assert_snapshot!(asked("volume 3.03"), @"API Version String 3.03 is of invalid format. Must be of format MajorNum.MinorNum. (None)");
        insta::assert_snapshot!(asked("volume 3.72"), @r#"Version 3.72 is not supported by the API. Minimum is 3.0 and maximum is 3.71. (Some("3.72"))"#);
        insta::assert_snapshot!(asked("volume 99999999999.1"), @r#"Version 99999999999.1 is not supported by the API. Minimum is 3.0 and maximum is 3.71. (Some("99999999999.1"))"#);
        insta::assert_snapshot!(asked("volume 2.0"), @"Version 2.0 is not supported by the API. Minimum is 3.0 and maximum is 3.71. (None)");
    }
}
