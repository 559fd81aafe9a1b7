//! Block storage's API, as a service of this server.

use actix_web::http::header::{HeaderName, HeaderValue};

use crate::api::error::named_fault;
use crate::api::service::{Service, VersionForm};
use crate::api::version::Microversion;

/// The service.
pub static VOLUME: Service = Service {
    name: "volume",
    rules_type: None,
    prefix: "/v3",
    mount: None,
    suffixes: &[],
    collections: &["messages"],
    oldest: Microversion::new(3, 0),
    newest: Microversion::new(3, 71),
    messages: Microversion::new(3, 3),
    version_header: HeaderName::from_static("openstack-api-version"),
    version_form: VersionForm::Named,
    ignores_no_version: false,
    // Block storage treats these two as its old APIs and omits the header.
    repeats_refused: |version| !version.contains("1.0") && !version.contains("2.0"),
    negotiates_at_root: true,
    vary: HeaderValue::from_static("OpenStack-API-Version, Accept, Accept-Language"),
    request_id_header: HeaderName::from_static("x-compute-request-id"),
    request_id_without_body: false,
    error_body: named_fault,
    id: "v3.0",
    updated: "2023-08-31T00:00:00Z",
    media_type: "application/vnd.openstack.volume+json;version=3",
    takes: Service::is_json,
};

/// From this microversion on, callers other than admins may filter by five columns only.
pub const CHECKED_FILTERS: Microversion = Microversion::new(3, 31);
/// The first microversion with `resource_filters`.
pub const RESOURCE_FILTERS: Microversion = Microversion::new(3, 33);
