//! Manila's API, as a service of this server.

use actix_web::http::header::{HeaderName, HeaderValue};

use crate::api::error::named_fault;
use crate::api::service::{Service, VersionForm};
use crate::api::version::Microversion;

/// The service. Its clients also send `OpenStack-API-Version`, which Manila does not read.
pub static SHARE: Service = Service {
    name: "shared-file-system",
    rules_type: Some("shared-file-system"),
    prefix: "/v2",
    mount: Some("/share"),
    suffixes: &[".json", ".xml"],
    collections: &["messages"],
    oldest: Microversion::new(2, 0),
    newest: Microversion::new(2, 99),
    messages: Microversion::new(2, 37),
    version_header: HeaderName::from_static("x-openstack-manila-api-version"),
    version_form: VersionForm::Bare,
    ignores_no_version: false,
    repeats_refused: |_| true,
    negotiates_at_root: false,
    vary: HeaderValue::from_static("X-OpenStack-Manila-API-Version, Accept, Accept-Language"),
    request_id_header: HeaderName::from_static("x-compute-request-id"),
    request_id_without_body: true,
    error_body: named_fault,
    id: "v2.0",
    updated: "2015-08-27T11:33:21Z",
    media_type: "application/vnd.openstack.share+json;version=1",
    takes: Service::is_json,
};

/// The first microversion that filters by time. Older ones ignore these filters.
pub const TIME_FILTERS: Microversion = Microversion::new(2, 52);
