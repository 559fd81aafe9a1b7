//! Microversions: `OpenStack-API-Version: volume X.Y`.

use std::fmt;

use actix_web::http::header::{HeaderMap, HeaderName};

use super::error::Error;

/// The header of both directions.
pub const HEADER: HeaderName = HeaderName::from_static("openstack-api-version");

/// A microversion of the block-storage API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    major: u32,
    minor: u32,
}

impl Version {
    /// The oldest that is answered.
    pub const MIN: Self = Self::new(3, 0);
    /// The newest that is answered.
    pub const MAX: Self = Self::new(3, 71);
    /// The first with messages.
    pub const MESSAGES: Self = Self::new(3, 3);
    /// From here on a caller who is no admin may filter by five columns only.
    pub const CHECKED_FILTERS: Self = Self::new(3, 31);
    /// The first with `resource_filters`.
    pub const RESOURCE_FILTERS: Self = Self::new(3, 33);

    /// Version `major.minor`.
    pub const fn new(major: u32, minor: u32) -> Self {
        Self { major, minor }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// A version that was asked for and is refused, with what the response header still echoes.
#[derive(Debug)]
pub struct Refused {
    /// The answer.
    pub error: Error,
    /// What the response header says, where it says anything.
    pub echo: Option<String>,
}

impl Refused {
    fn malformed() -> Self {
        Self {
            error: Error::malformed(),
            echo: None,
        }
    }
}

/// Returns the version that a request asks for; `default` where it has no header. A header that names none for block
/// storage is refused there; here only if `is_strict`, as one for other services does no harm.
pub fn negotiate(headers: &HeaderMap, default: Version, is_strict: bool) -> Result<Version, Refused> {
    let mut named = headers
        .get_all(&HEADER)
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    let Some(element) = named.find_map(|element| {
        std::str::from_utf8(element)
            .ok()
            .filter(|element| element.contains("volume"))
    }) else {
        return if is_strict && headers.contains_key(&HEADER) {
            Err(Refused::malformed())
        } else {
            Ok(default)
        };
    };
    let mut words = element.split_whitespace();
    let (Some(_), Some(word), None) = (words.next(), words.next(), words.next()) else {
        return Err(Refused::malformed());
    };
    if word == "latest" {
        return Ok(Version::MAX);
    }
    let Some(version) = parse(word) else {
        let error = Error::BadRequest(format!(
            "API Version String {word} is of invalid format. Must be of format MajorNum.MinorNum."
        ));
        return Err(Refused { error, echo: None });
    };
    if (Version::MIN..=Version::MAX).contains(&version) {
        return Ok(version);
    }
    let error = Error::NotAcceptable(format!(
        "Version {word} is not supported by the API. Minimum is {} and maximum is {}.",
        Version::MIN,
        Version::MAX
    ));
    // Block storage takes these two for its old APIs and leaves the header out.
    let echo = (!word.contains("1.0") && !word.contains("2.0")).then(|| word.to_owned());
    Err(Refused { error, echo })
}

/// `^([1-9]\d*)\.([1-9]\d*|0)$`; numbers too large for this program are merely too large a version.
fn parse(text: &str) -> Option<Version> {
    let number = |digits: &str| {
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| digits.parse().unwrap_or(u32::MAX))
    };
    let (major, minor) = text.split_once('.')?;
    if major.starts_with('0') || (minor.starts_with('0') && minor != "0") {
        return None;
    }
    Some(Version::new(number(major)?, number(minor)?))
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn asked(value: &'static str) -> String {
        asked_as(value, false)
    }

    fn asked_as(value: &'static str, is_strict: bool) -> String {
        let mut headers = HeaderMap::new();
        headers.insert(HEADER, HeaderValue::from_static(value));
        match negotiate(&headers, Version::MESSAGES, is_strict) {
            Ok(version) => version.to_string(),
            Err(refused) => format!("{} ({:?})", refused.error, refused.echo),
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
    fn a_header_without_a_version_for_volumes_is_refused_on_request() {
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
        let none = negotiate(&HeaderMap::new(), Version::MIN, true);
        assert_eq!(none.ok(), Some(Version::MIN));
    }

    #[test]
    fn what_cannot_be_read_or_served_is_refused() {
        insta::assert_snapshot!(asked("volume"), @"The server could not comply with the request since it is either malformed or otherwise incorrect. (None)");
        insta::assert_snapshot!(asked("volume 3.03"), @"API Version String 3.03 is of invalid format. Must be of format MajorNum.MinorNum. (None)");
        insta::assert_snapshot!(asked("volume 3.72"), @r#"Version 3.72 is not supported by the API. Minimum is 3.0 and maximum is 3.71. (Some("3.72"))"#);
        insta::assert_snapshot!(asked("volume 99999999999.1"), @r#"Version 99999999999.1 is not supported by the API. Minimum is 3.0 and maximum is 3.71. (Some("99999999999.1"))"#);
        insta::assert_snapshot!(asked("volume 2.0"), @"Version 2.0 is not supported by the API. Minimum is 3.0 and maximum is 3.71. (None)");
    }
}
