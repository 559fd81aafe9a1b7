//! What differs between the services whose APIs this server speaks.

use actix_web::http::header::{HeaderName, HeaderValue};
use serde_json::{Value, json};

use super::error::ErrorBody;
use super::version::Microversion;

/// A service.
#[derive(Debug)]
pub struct Service {
    /// Its type in Keystone's catalog and in the microversion header.
    pub name: &'static str,
    /// Its type in the access rules of application credentials, if that is not configured.
    pub rules_type: Option<&'static str>,
    /// What its paths begin with.
    pub prefix: &'static str,
    /// What may precede the prefix, and has a root document of the service alone.
    pub mount: Option<&'static str>,
    /// What the paths may end with, meaning nothing.
    pub suffixes: &'static [&'static str],
    /// First segments below the prefix that never name a project.
    pub collections: &'static [&'static str],
    /// The oldest microversion that is answered.
    pub oldest: Microversion,
    /// The newest microversion that is answered.
    pub newest: Microversion,
    /// The first microversion with messages.
    pub messages: Microversion,
    /// The microversion header, in both directions.
    pub version_header: HeaderName,
    /// The form of that header.
    pub version_form: VersionForm,
    /// Whether a header that names the service without a version counts as none.
    pub ignores_no_version: bool,
    /// Whether an answer that rejects a microversion has it in that header.
    pub repeats_refused: fn(&str) -> bool,
    /// Whether its root document speaks microversions.
    pub negotiates_at_root: bool,
    /// The `Vary` of its answers: the microversion header, and the headers that select form and language.
    pub vary: HeaderValue,
    /// The header in which the service returns the request id.
    pub request_id_header: HeaderName,
    /// Whether an answer without a body has it, too.
    pub request_id_without_body: bool,
    /// The form of its errors.
    pub error_body: ErrorBody,
    /// Its id in the root document.
    pub id: &'static str,
    /// When its API was last updated, as the root document says.
    pub updated: &'static str,
    /// The media type of its answers in the root document, a form of JSON.
    pub media_type: &'static str,
    /// Whether a body of a media type, without parameters, is read as JSON.
    pub takes: fn(&Service, &str) -> bool,
}

/// The form of a service's microversion header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VersionForm {
    /// `volume 3.5`; the header is a list that other services share.
    Named,
    /// `2.37`; the header is the service's own.
    Bare,
}

impl Service {
    /// What follows the prefix in a path of the service: nothing, or a slash and more.
    pub fn below<'a>(&self, path: &'a str) -> Option<&'a str> {
        let below = path.strip_prefix(self.prefix)?;
        (below.is_empty() || below.starts_with('/')).then_some(below)
    }

    /// The media type of its answers without parameters.
    pub fn own_type(&self) -> &'static str {
        self.media_type.split(';').next().unwrap_or_default()
    }

    /// Whether a media type, without parameters, means JSON to the service, in upper and lower case.
    pub fn is_json(&self, essence: &str) -> bool {
        essence.eq_ignore_ascii_case("application/json") || essence.eq_ignore_ascii_case(self.own_type())
    }

    /// The value of its microversion header.
    pub fn version_value(&self, version: &str) -> Option<HeaderValue> {
        match self.version_form {
            VersionForm::Named => HeaderValue::from_str(&[self.name, " ", version].concat()).ok(),
            VersionForm::Bare => HeaderValue::from_str(version).ok(),
        }
    }

    /// The service's entry in the root document, with links below `base`.
    pub fn entry(&self, base: &str) -> Value {
        json!({
            "id": self.id,
            "status": "CURRENT",
            "version": self.newest.to_string(),
            "min_version": self.oldest.to_string(),
            "updated": self.updated,
            "links": [
                { "rel": "describedby", "type": "text/html", "href": "https://docs.openstack.org/" },
                { "rel": "self", "href": format!("{base}{}/", self.prefix) },
            ],
            "media-types": [{ "base": "application/json", "type": self.media_type }],
        })
    }
}
