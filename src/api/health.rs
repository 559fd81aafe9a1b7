//! `/metrics`.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::Data;

use super::app::App;
use crate::telemetry::metrics;

/// How long `/metrics` waits for the number of messages.
const LONGEST_COUNT: Duration = Duration::from_millis(100);

/// `GET /metrics`: the figures in Prometheus' form.
///
/// They are wanted most when the store is in trouble, so they do not wait for it long, and never fail on it.
pub async fn metrics(app: Data<App>) -> HttpResponse {
    app.metrics
        .writer
        .queue
        .set(i64::try_from(app.store.queue()).unwrap_or(i64::MAX));
    if app.rows.is_due(app.clock.now()) {
        let data = app.clone();
        let counting = actix_web::rt::spawn(async move { data.rows.count(&data.store).await });
        // Where it takes longer it goes on, and the next answer has its result.
        let _ = tokio::time::timeout(LONGEST_COUNT, counting).await;
    }
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, metrics::CONTENT_TYPE))
        .body(app.metrics.encode())
}
