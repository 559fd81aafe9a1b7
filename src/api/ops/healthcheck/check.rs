//! `/healthcheck`, as oslo.middleware answers it: 200 when all checks pass, else 503.

use actix_web::http::{StatusCode, header};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};

use super::checkup::Finding;
use crate::api::accept;
use crate::api::app::App;
use crate::message::time;

/// Health is not to be cached.
const NO_STORE: (header::HeaderName, &str) = (header::CACHE_CONTROL, "no-store");

/// `GET /healthcheck`.
pub async fn check(request: HttpRequest, app: Data<App>) -> HttpResponse {
    let findings = app.checkup.findings().await;
    let status = if is_well(&findings) {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let is_detailed = app.checkup.is_detailed();
    let mut response = HttpResponse::build(status);
    response.insert_header(NO_STORE);
    if accept::names_json(request.headers()) {
        let body = if is_detailed {
            detailed(&findings, app.clock.now())
        } else {
            let reasons: Vec<&str> = findings.iter().map(|finding| finding.reason).collect();
            json!({ "detailed": false, "reasons": reasons })
        };
        return response.content_type("application/json").body(body.to_string());
    }
    let lines = findings.iter().map(|finding| {
        if is_detailed {
            format!("{}: {} ({})", finding.class, finding.reason, finding.details)
        } else {
            finding.reason.to_owned()
        }
    });
    response
        .content_type("text/plain; charset=UTF-8")
        .body(lines.collect::<Vec<_>>().join("\n"))
}

/// `HEAD /healthcheck`.
pub async fn check_head(app: Data<App>) -> HttpResponse {
    if is_well(&app.checkup.findings().await) {
        HttpResponse::NoContent().insert_header(NO_STORE).finish()
    } else {
        HttpResponse::ServiceUnavailable()
            .insert_header(NO_STORE)
            .finish()
    }
}

fn is_well(findings: &[Finding]) -> bool {
    findings.iter().all(|finding| finding.is_available)
}

/// oslo's detailed form, with the program's version in place of the interpreter's.
fn detailed(findings: &[Finding], now: i64) -> Value {
    let reasons: Vec<Value> = findings
        .iter()
        .map(
            |finding| json!({ "class": finding.class, "details": finding.details, "reason": finding.reason }),
        )
        .collect();
    let mut at = String::with_capacity(time::LENGTH);
    // Writing into memory does not fail.
    let _ = time::write(&mut at, now);
    json!({
        "detailed": true,
        "now": at,
        "platform": format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH),
        "version": env!("CARGO_PKG_VERSION"),
        "reasons": reasons,
    })
}
