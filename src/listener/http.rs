//! The configuration of webhooks.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use reqwest::Url;
use reqwest::header::HeaderName;
use serde_json::Value;
use tidings_client::Secret;

use super::fields::Fields;
use super::signing::SigningSecret;
use crate::{brief, tls};

/// Where requests go, and what they carry. `Debug` shows only the names of headers, as their values may be secrets.
#[derive(Clone, PartialEq)]
pub struct Http {
    /// The URL, in the form in which it is called.
    pub url: Url,
    /// User and password for basic authentication.
    pub login: Option<(String, Secret)>,
    /// Certificates to trust in place of the system's authorities.
    pub ca: Option<Authority>,
    /// Headers of the client's own.
    pub headers: BTreeMap<String, String>,
    /// The secrets to sign with, the newest first.
    pub signing: Vec<SigningSecret>,
}

/// Certificates to trust.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Authority {
    /// As PEM.
    Pem(String),
    /// In a file of the server; for operators alone.
    File(PathBuf),
}

/// The longest URL.
const LONGEST_URL: usize = 2048;

/// The longest PEM text: a chain of certificates.
const LONGEST_PEM: usize = 65_536;

/// The most headers of a client's own.
const MOST_HEADERS: usize = 20;

/// The longest value of a header.
const LONGEST_VALUE: usize = 1024;

/// The longest secret: 64 bytes in base64 and a prefix fit easily.
const LONGEST_SECRET: usize = 128;

/// The most secrets that are still valid beside the current one.
const MOST_PREVIOUS: usize = 4;

/// Headers that belong to the request itself or to the connection. RFC 9110, section 7.6.1.
const RESERVED: [&str; 12] = [
    "host",
    "connection",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "expect",
    "http2-settings",
    "proxy-connection",
    "proxy-authorization",
    "proxy-authenticate",
];

/// Prefixes of headers that belong to the body or its signature.
const RESERVED_PREFIXES: [&str; 3] = ["content-", "webhook-", "ce-"];

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&String> = self.headers.keys().collect();
        f.debug_struct("Http")
            .field("url", &self.url.as_str())
            .field("login", &self.login)
            .field("headers", &names)
            .field("signing", &self.signing)
            .finish_non_exhaustive()
    }
}

impl Http {
    /// The keys that are secrets.
    pub const SECRETS: &'static [&'static str] = &["password", "secret", "previous_secrets", "headers"];

    pub(super) fn check(fields: &mut Fields<'_>, is_cloud: bool) -> Option<Self> {
        fields.require("url");
        let url = fields.text("url", LONGEST_URL);
        let parsed = url.and_then(|url| Url::parse(url).ok());
        if url.is_some() && parsed.is_none() {
            fields.fault("url", "must be a URL such as https://example.org/events");
        }
        Some(Self {
            login: login(fields),
            ca: authority(fields, is_cloud),
            headers: headers(fields),
            signing: signing(fields),
            url: parsed?,
        })
    }
}

/// Both or neither, since Pulp sends basic authentication only with both.
fn login(fields: &mut Fields<'_>) -> Option<(String, Secret)> {
    let user = fields.line("username", 255);
    let password = fields.line("password", 255);
    if user.is_some_and(|user| user.contains(':')) {
        fields.fault("username", "must not contain a colon");
    }
    match (user, password) {
        (Some(user), Some(password)) => Some((user.to_owned(), Secret::new(password))),
        (Some(_), None) => {
            fields.require("password");
            None
        }
        (None, Some(_)) => {
            fields.require("username");
            None
        }
        (None, None) => None,
    }
}

fn authority(fields: &mut Fields<'_>, is_cloud: bool) -> Option<Authority> {
    let pem = fields.text("ca", LONGEST_PEM);
    let path = fields.line("ca_path", 4096);
    match (pem, path) {
        (Some(_), Some(_)) => fields.fault("ca", "cannot be given together with ca_path"),
        (Some(pem), None) => {
            if tls::certificates(pem).is_err() {
                fields.fault("ca", "must be certificates in PEM");
            }
            return Some(Authority::Pem(pem.to_owned()));
        }
        (None, Some(_)) if !is_cloud => {
            fields.fault(
                "ca_path",
                "is a file on the server, which only a listener of scope cloud may use: send the certificates as ca",
            );
        }
        (None, Some(path)) if !path.starts_with('/') => {
            fields.fault("ca_path", "must be an absolute path");
        }
        (None, Some(path)) => return Some(Authority::File(path.into())),
        (None, None) => {}
    }
    None
}

fn headers(fields: &mut Fields<'_>) -> BTreeMap<String, String> {
    let mut headers = BTreeMap::new();
    let Some(value) = fields.value("headers") else {
        return headers;
    };
    let members = value.as_object().filter(|members| members.len() <= MOST_HEADERS);
    let Some(members) = members else {
        fields.fault(
            "headers",
            &format!("must be an object of at most {MOST_HEADERS} texts"),
        );
        return headers;
    };
    for (name, value) in members {
        let field = format!("headers.{}", brief::brief(name, brief::NAME));
        let lower = name.to_ascii_lowercase();
        if HeaderName::from_bytes(name.as_bytes()).is_err() {
            fields.fault(&field, "is not a name of a header");
        } else if RESERVED.contains(&&*lower)
            || RESERVED_PREFIXES.iter().any(|prefix| lower.starts_with(prefix))
        {
            fields.fault(&field, "belongs to the request itself and cannot be set");
        } else {
            match value.as_str() {
                Some(text) if text.len() <= LONGEST_VALUE && text.bytes().all(is_visible) => {
                    if headers.insert(lower, text.to_owned()).is_some() {
                        fields.fault(&field, "is given twice");
                    }
                }
                _ => fields.fault(
                    &field,
                    &format!("must be a text of at most {LONGEST_VALUE} printable ASCII characters"),
                ),
            }
        }
    }
    headers
}

/// Whether a header may have this byte. Receivers read others in various ways.
fn is_visible(byte: u8) -> bool {
    matches!(byte, b' '..=b'~')
}

fn signing(fields: &mut Fields<'_>) -> Vec<SigningSecret> {
    let current = fields.line("secret", LONGEST_SECRET);
    let mut signing: Vec<_> = current
        .and_then(|secret| SigningSecret::parse(secret, None))
        .into_iter()
        .collect();
    if current.is_some() && signing.is_empty() {
        fields.fault("secret", SigningSecret::FORM);
    }
    let Some(previous) = fields.value("previous_secrets") else {
        return signing;
    };
    let read = |pair: &Value| SigningSecret::parse(pair.get(0)?.as_str()?, Some(pair.get(1)?.as_i64()?));
    let pairs = previous.as_array().filter(|pairs| pairs.len() <= MOST_PREVIOUS);
    match pairs.map(|pairs| pairs.iter().map(read).collect::<Option<Vec<_>>>()) {
        Some(Some(previous)) => signing.extend(previous),
        _ => fields.fault(
            "previous_secrets",
            &format!("must be at most {MOST_PREVIOUS} pairs of a secret and its end"),
        ),
    }
    signing
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const OLD: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

    fn check(mut config: Value) -> Result<Http, Vec<String>> {
        config["url"] = json!("https://example.org/events");
        let mut fields = Fields::new(config.as_object().unwrap(), "notifier_config.");
        let http = Http::check(&mut fields, false);
        let faults = fields.finish();
        if faults.is_empty() {
            return Ok(http.unwrap());
        }
        Err(faults.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn the_newest_secret_signs_first() {
        let http = check(json!({"secret": SECRET, "previous_secrets": [[OLD, 5]]})).unwrap();
        let want = [(SECRET, None), (OLD, Some(5))];
        assert_eq!(
            http.signing,
            want.map(|(text, until)| SigningSecret::parse(text, until).unwrap())
        );
        assert_eq!(check(json!({})).unwrap().signing, []);
    }

    #[test]
    fn headers_are_ascii_and_a_fault_names_the_one_that_is_not() {
        for (value, is_good) in [
            ("a key", true),
            ("~!", true),
            ("", true),
            ("schl\u{fc}ssel", false),
            ("\u{80}", false),
            ("a\tb", false),
            ("a\nb", false),
            ("\u{7f}", false),
        ] {
            let checked = check(json!({"headers": {"x-good": "1", "X-Key": value}}));
            let want =
                "notifier_config.headers.X-Key: must be a text of at most 1024 printable ASCII characters";
            match checked {
                Ok(http) => assert!(is_good && http.headers["x-key"] == value, "{value:?}"),
                Err(faults) => assert!(!is_good && faults == [want], "{value:?}: {faults:?}"),
            }
        }
    }

    #[test]
    fn debug_output_has_no_values_of_headers() {
        let config = json!({"headers": {"x-key": "hidden"}, "username": "u", "password": "hunter2"});
        let shown = format!("{:?}", check(config).unwrap());
        assert!(shown.contains("x-key"), "{shown}");
        assert!(!shown.contains("hidden") && !shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn a_secret_in_another_form_is_a_fault_that_does_not_repeat_it() {
        let faults = check(json!({"secret": "hunter2"})).unwrap_err();
        assert_eq!(
            faults,
            [format!("notifier_config.secret: {}", SigningSecret::FORM)]
        );
        for previous in [
            json!([["hunter2", 5]]),
            json!([[OLD, "5"]]),
            json!([OLD]),
            json!([[OLD, 5], [OLD, 5], [OLD, 5], [OLD, 5], [OLD, 5]]),
        ] {
            let faults = check(json!({"secret": SECRET, "previous_secrets": previous})).unwrap_err();
            assert_eq!(
                faults,
                ["notifier_config.previous_secrets: must be at most 4 pairs of a secret and its end"]
            );
        }
    }
}
