//! What differs between the services whose APIs this server speaks.

use actix_web::http::header::HeaderName;
use serde_json::{Value, json};

use super::error::ErrorBody;
use super::version::Version;

/// A service.
#[derive(Debug)]
pub struct Service {
    /// Its type in Keystone's catalog and in the microversion header.
    pub name: &'static str,
    /// What its paths begin with.
    pub prefix: &'static str,
    /// The oldest microversion that is answered.
    pub oldest: Version,
    /// The newest microversion that is answered.
    pub newest: Version,
    /// The microversion header, in both directions.
    pub version_header: HeaderName,
    /// The header in which the service returns the request id.
    pub request_id_header: HeaderName,
    /// The form of its errors.
    pub error_body: ErrorBody,
    /// Its id in the root document.
    pub id: &'static str,
    /// When its API was last updated, as the root document says.
    pub updated: &'static str,
    /// The media type of its answers, as the root document says.
    pub media_type: &'static str,
}

impl Service {
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
