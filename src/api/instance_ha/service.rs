//! Masakari's API, as a service of this server.

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};

use crate::api::error::named_fault;
use crate::api::service::{Service, VersionForm};
use crate::api::version::Microversion;

/// The service.
pub static INSTANCE_HA: Service = Service {
    name: "instance-ha",
    rules_type: Some("instance-ha"),
    prefix: "/v1",
    mount: Some("/instance-ha"),
    suffixes: &[".json", ".xml"],
    collections: &["notifications", "segments"],
    oldest: Microversion::new(1, 0),
    newest: Microversion::new(1, 3),
    messages: Microversion::new(1, 0),
    version_header: HeaderName::from_static("openstack-api-version"),
    version_form: VersionForm::Named,
    ignores_no_version: true,
    repeats_refused: |_| false,
    negotiates_at_root: true,
    vary: HeaderValue::from_static("OpenStack-API-Version, Accept"),
    request_id_header: HeaderName::from_static("x-openstack-request-id"),
    request_id_without_body: false,
    error_body,
    id: "v1.0",
    updated: "2016-07-01T11:33:21Z",
    media_type: "application/vnd.openstack.masakari+json;version=1",
    takes: |service, essence| {
        matches!(essence, "application/json" | "text/plain") || essence == service.own_type()
    },
};

/// From this microversion on, a notification is shown with the steps of its recovery.
pub const DETAILS: Microversion = Microversion::new(1, 1);
/// From this microversion on, requests may enable and disable segments.
pub const ENABLED: Microversion = Microversion::new(1, 2);

/// Masakari names faults as block storage does, but for those without a name.
fn error_body(status: StatusCode, fault: &'static str, text: &str) -> String {
    let fault = if fault == "computeFault" {
        "masakariFault"
    } else {
        fault
    };
    named_fault(status, fault, text)
}
