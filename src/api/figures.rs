//! `/metrics`: the figures in Prometheus' form.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use actix_web::dev::ServerHandle;
use actix_web::http::header;
use actix_web::web::{self, Data};
use actix_web::{App as Application, HttpRequest, HttpResponse};

use super::accept;
use super::connection::{self, Options};
use super::no_route::no_route;
use super::start::StartError;
use crate::clock::Clock;
use crate::config;
use crate::message::{Scope, time};
use crate::store::Store;
use crate::telemetry::Metrics;

/// How long `/metrics` waits for the number of messages.
const LONGEST_COUNT: Duration = Duration::from_millis(100);

/// Connections to an address of the figures alone. Few programs read them, and descriptors may be scarce.
const MOST_CONNECTIONS: usize = 16;

/// What the figures are taken from.
pub struct Figures {
    metrics: Metrics,
    store: Store,
    clock: Clock,
    rows: Arc<RowCount>,
}

impl Figures {
    /// Those of this process, with the number of messages in the store.
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
/// They are wanted most when the store is in trouble, so they do not wait for it long, and never fail on it.
pub async fn show(request: HttpRequest, figures: Data<Figures>) -> HttpResponse {
    let queue = i64::try_from(figures.store.queue()).unwrap_or(i64::MAX);
    figures.metrics.writer.queue.set(queue);
    let now = figures.clock.now();
    if figures.rows.is_due(now) {
        let data = figures.clone();
        let counting = actix_web::rt::spawn(async move { data.rows.count(&data.store, now).await });
        // Where it takes longer it goes on, and the next answer has its result.
        let _ = tokio::time::timeout(LONGEST_COUNT, counting).await;
    }
    let form = accept::exposition(request.headers());
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, form.content_type()))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::VARY, "Accept"))
        .body(figures.metrics.encode(form))
}

/// A bound server of the figures alone, not yet running.
pub struct FiguresServer(actix_web::dev::Server);

impl FiguresServer {
    /// Binds the address that is configured for them alone; none where there is no such address.
    ///
    /// # Errors
    /// [`StartError`], which names the address.
    pub fn bind(config: &config::Metrics, figures: Figures) -> Result<Option<Self>, StartError> {
        bind(config, &Data::new(figures))
    }

    /// Answers requests until it is stopped or dropped.
    ///
    /// # Errors
    /// Those of the system.
    pub async fn run(self) -> std::io::Result<()> {
        self.0.await
    }

    pub(super) fn handle(&self) -> ServerHandle {
        self.0.handle()
    }
}

/// As [`FiguresServer::bind`], of figures that others show, too.
pub(super) fn bind(
    config: &config::Metrics,
    figures: &Data<Figures>,
) -> Result<Option<FiguresServer>, StartError> {
    let Some(bind) = config.bind.as_ref().filter(|_| config.enabled) else {
        return Ok(None);
    };
    let data = figures.clone();
    let factory = move || {
        Application::new()
            .app_data(data.clone())
            .route("/metrics", web::get().to(show))
            .default_service(web::to(no_route))
    };
    let options = Options {
        workers: 1,
        max_connections: MOST_CONNECTIONS,
        ..Options::from(&config::Api::default())
    };
    let (server, addresses) = connection::serve(bind, &options, factory)?;
    for address in addresses {
        tracing::info!(%address, "serving figures");
    }
    Ok(Some(FiguresServer(server)))
}

/// How often the messages are counted at most, in microseconds.
const COUNT_EVERY: i64 = 60 * time::SECOND;

/// After a count that took long, the next one waits for so many times as long.
const REST: i64 = 20;

/// The number of messages. Counting walks an index, in steps that are short reads.
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
    /// The number that was counted last, if any was.
    fn last(&self) -> Option<i64> {
        Some(self.rows.load(Ordering::Relaxed)).filter(|rows| *rows >= 0)
    }

    /// Whether it is time to count anew, which it is for one caller only until that one has counted.
    fn is_due(&self, now: i64) -> bool {
        let due = self.due.load(Ordering::Relaxed);
        due <= now
            && self
                .due
                .compare_exchange(due, i64::MAX, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
    }

    /// Counts anew, begun at `now`. Where that fails the last number stands, and the log says so.
    async fn count(&self, store: &Store, now: i64) {
        let begun = Instant::now();
        match store.count_messages(Scope::All, u64::MAX).await {
            Ok(rows) => self
                .rows
                .store(i64::try_from(rows).unwrap_or(i64::MAX), Ordering::Relaxed),
            Err(error) => tracing::warn!(%error, "the messages could not be counted for the figures"),
        }
        let took = i64::try_from(begun.elapsed().as_micros()).unwrap_or(i64::MAX);
        let rest = COUNT_EVERY.max(took.saturating_mul(REST));
        self.due.store(now.saturating_add(rest), Ordering::Relaxed);
    }
}
