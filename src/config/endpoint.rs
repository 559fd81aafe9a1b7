//! The public address of the service.

use std::fmt;

use super::value::Value;

/// An `http` or `https` URL without query, fragment or user, and without a trailing slash, so that paths can be
/// appended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint(String);

impl Endpoint {
    /// Returns the URL, without a trailing slash.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Value for Endpoint {
    fn parse(text: &str) -> Result<Self, String> {
        let url = text.trim_end_matches('/');
        let rest = url
            .strip_prefix("http://")
            .or_else(|| url.strip_prefix("https://"));
        let (authority, path) = rest.map_or(("", ""), |rest| rest.split_once('/').unwrap_or((rest, "")));
        if is_authority(authority) && path.chars().all(is_path) {
            Ok(Self(url.to_owned()))
        } else if text.contains('@') {
            // Not repeated: a password may precede it, and errors end up in logs.
            Err("contains an @; this URL must not have a user or password".to_owned())
        } else {
            Err(format!(
                "{text:?} must be an http or https URL, such as https://cloud.example.org:8790"
            ))
        }
    }
}

/// Describes what is wrong with a text, repeating it unless it may contain a login: errors end up in logs.
pub(super) fn unless_login(text: &str, fault: &str) -> String {
    if text.contains('@') {
        fault.to_owned()
    } else {
        format!("{text:?} {fault}")
    }
}

/// Whether `text` is `HOST` or `HOST:PORT` as in a URL.
pub(super) fn is_authority(text: &str) -> bool {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (text, None),
    };
    let name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let bracketed = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let host_is_right = match bracketed {
        Some(inner) => inner.parse::<std::net::Ipv6Addr>().is_ok(),
        None => !host.is_empty() && host.chars().all(name),
    };
    host_is_right && port.is_none_or(|port| port.parse::<u16>().is_ok())
}

/// The characters of a path that cannot break out of a header or a quoted attribute.
fn is_path(c: char) -> bool {
    c.is_ascii_alphanumeric() || "/-._~%!$&()*+,;=:@".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_urls() {
        for (text, url) in [
            ("https://cloud.example.org/", "https://cloud.example.org"),
            ("http://[::1]:8790", "http://[::1]:8790"),
            ("https://a/volume//", "https://a/volume"),
        ] {
            assert_eq!(Endpoint::parse(text).unwrap().as_str(), url);
        }
    }

    #[test]
    fn refuses_what_clients_could_not_use() {
        for text in [
            "",
            "cloud:80",
            "ftp://a",
            "http://",
            "http://u:p@h",
            "http://h/?q",
            "http://h/#f",
            "http://h:x",
            "http://h/\"",
            "http://a b",
        ] {
            assert!(Endpoint::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_password_is_not_repeated() {
        for text in [
            "http://u:hunter2@h",
            "https://h/?a=hunter2@h",
            "u:hunter2@h",
            "http://u:hunter2@h:x/v3",
        ] {
            let error = Endpoint::parse(text).unwrap_err();
            assert!(!error.contains("hunter2") && error.contains('@'), "{error}");
        }
    }
}
