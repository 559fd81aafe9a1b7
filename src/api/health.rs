//! `/healthcheck`, as oslo.middleware answers it, and `/metrics`.

use actix_web::http::header;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::accept;
use super::app::App;
use super::error::Error;
use crate::telemetry::metrics;

/// `GET /healthcheck`: whether this server answers.
pub async fn check(request: HttpRequest) -> HttpResponse {
    if accept::names_json(request.headers()) {
        let body = serde_json::json!({ "detailed": false, "reasons": ["OK"] }).to_string();
        return HttpResponse::Ok().content_type("application/json").body(body);
    }
    HttpResponse::Ok()
        .content_type("text/plain; charset=UTF-8")
        .body("OK")
}

/// `HEAD /healthcheck`.
pub async fn check_head() -> HttpResponse {
    HttpResponse::NoContent().finish()
}

/// `GET /metrics`: the figures in Prometheus' form.
pub async fn metrics(app: Data<App>) -> Result<HttpResponse, Error> {
    app.metrics
        .writer
        .queue
        .set(i64::try_from(app.store.queue()).unwrap_or(i64::MAX));
    app.rows.refresh(&app).await?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, metrics::CONTENT_TYPE))
        .body(app.metrics.encode()))
}
