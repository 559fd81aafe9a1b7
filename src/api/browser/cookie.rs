//! The cookies of a request.

use actix_web::http::header::{self, HeaderMap};

/// The value of the first cookie of this name (RFC 6265, section 4.2).
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name).then_some(value))
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_static("ab=1; a=2;b=x=y"));
        headers.append(header::COOKIE, HeaderValue::from_static("c=3"));
        let value = |name| cookie(&headers, name);
        assert_eq!(
            (value("a"), value("b"), value("c"), value("d")),
            (Some("2"), Some("x=y"), Some("3"), None)
        );
    }
}
