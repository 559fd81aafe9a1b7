//! `GET /metrics`: the metrics in Prometheus' form.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use actix_web::dev::ServerHandle;
use actix_web::http::header;
use actix_web::web::{self, Data};
use actix_web::{App as Application, HttpRequest, HttpResponse};

use crate::api::accept;
use crate::api::connection::{self, ConnectionOptions};
use crate::api::error::{Error, named_fault};
use crate::api::start::StartError;
use crate::clock::Clock;
use crate::config;
use crate::message::{Scope, time};
use crate::store::Store;
use crate::telemetry::Metrics;

/// How long `/metrics` waits for the number of messages.
const LONGEST_COUNT: Duration = Duration::from_millis(100);

/// Most connections to an address for metrics alone: few programs read them, and descriptors may be scarce.
const MOST_CONNECTIONS: usize = 16;

/// What the metrics are taken from.
pub struct Exporter {
    metrics: Metrics,
    store: Store,
    clock: Clock,
    rows: Arc<RowCount>,
}

impl Exporter {
    /// The metrics of this process, and the number of messages in the store.
    pub fn new(metrics: Metrics, store: Store, clock: Clock) -> Self {
        let rows = Arc::new(RowCount::default());
        let counted = rows.clone();
        metrics.count_messages_by(move || counted.last());
        Self {
            metrics,
            store,
            clock,
            rows,
        }
    }
}

/// `GET /metrics`.
///
/// Metrics are needed most when the store is in trouble, so they neither wait for it long nor fail with it.
pub async fn show(request: HttpRequest, exporter: Data<Exporter>) -> HttpResponse {
    let queue = i64::try_from(exporter.store.queue()).unwrap_or(i64::MAX);
    exporter.metrics.writer.queue.set(queue);
    let now = exporter.clock.now();
    if exporter.rows.is_due(now) {
        let data = exporter.clone();
        let counting = actix_web::rt::spawn(async move { data.rows.count(&data.store, now).await });
        // A longer count continues, and the next answer has its result.
        let _ = tokio::time::timeout(LONGEST_COUNT, counting).await;
    }
    let form = accept::exposition(&request);
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, form.content_type()))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::VARY, "Accept"))
        .body(exporter.metrics.encode(form))
}

/// A bound server for metrics alone, not yet running.
pub struct MetricsServer(actix_web::dev::Server);

impl MetricsServer {
    /// Binds the address that is configured for metrics alone; none where there is none.
    ///
    /// # Errors
    /// [`StartError`], which names the address.
    pub fn bind(config: &config::Metrics, exporter: Exporter) -> Result<Option<Self>, StartError> {
        bind(config, &Data::new(exporter))
    }

    /// Answers requests until it is stopped or dropped.
    ///
    /// # Errors
    /// A failure of the system to serve.
    pub async fn run(self) -> std::io::Result<()> {
        self.0.await
    }

    /// A handle that stops it.
    pub fn handle(&self) -> ServerHandle {
        self.0.handle()
    }
}

/// The same with metrics that the API may show, too.
pub fn bind(
    config: &config::Metrics,
    exporter: &Data<Exporter>,
) -> Result<Option<MetricsServer>, StartError> {
    let Some(bind) = config.bind.as_ref().filter(|_| config.enabled) else {
        return Ok(None);
    };
    let data = exporter.clone();
    let factory = move || {
        Application::new()
            .app_data(data.clone())
            .route("/metrics", web::get().to(show))
            .default_service(web::to(|| async { Error::no_route().answer(named_fault) }))
    };
    let options = ConnectionOptions {
        workers: 1,
        max_connections: MOST_CONNECTIONS,
        ..ConnectionOptions::from(&config::Api::default())
    };
    let (server, addresses) = connection::serve(bind, &options, factory)?;
    for address in addresses {
        tracing::info!(%address, "serving metrics");
    }
    Ok(Some(MetricsServer(server)))
}

/// Shortest time between counts of the messages, in microseconds.
const COUNT_EVERY: i64 = 60 * time::SECOND;

/// The next count waits for this many times as long as the last one took.
const REST: i64 = 20;

/// The number of messages. A count walks an index in short reads.
#[derive(Debug)]
struct RowCount {
    rows: AtomicI64,
    due: AtomicI64,
}

impl Default for RowCount {
    fn default() -> Self {
        Self {
            rows: AtomicI64::new(-1),
            due: AtomicI64::new(i64::MIN),
        }
    }
}

impl RowCount {
    /// The last count, if there is one.
    fn last(&self) -> Option<i64> {
        Some(self.rows.load(Ordering::Relaxed)).filter(|rows| *rows >= 0)
    }

    /// Whether a count is due; true for only one caller until it has counted.
    fn is_due(&self, now: i64) -> bool {
        let due = self.due.load(Ordering::Relaxed);
        due <= now
            && self
                .due
                .compare_exchange(due, i64::MAX, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
    }

    /// Counts, from `now` on. A failure is logged and keeps the last count.
    async fn count(&self, store: &Store, now: i64) {
        let begun = Instant::now();
        match store.count_messages(Scope::All, u64::MAX).await {
            Ok(rows) => self
                .rows
                .store(i64::try_from(rows).unwrap_or(i64::MAX), Ordering::Relaxed),
            Err(error) => tracing::warn!(%error, "cannot count the messages for the metrics"),
        }
        let took = i64::try_from(begun.elapsed().as_micros()).unwrap_or(i64::MAX);
        let rest = COUNT_EVERY.max(took.saturating_mul(REST));
        self.due.store(now.saturating_add(rest), Ordering::Relaxed);
    }
}
