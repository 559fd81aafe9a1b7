//! Metrics for Prometheus, in the `OpenMetrics` text format.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use parking_lot::Mutex;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use super::events::EventMetrics;
use super::exposition::{self, Exposition};
use super::follow::FollowMetrics;
use super::histogram::Histogram;
use super::ingest::IngestMetrics;
use super::listeners::ListenerMetrics;
use super::recorded::RecordedMetrics;
use super::recovery::RecoveryMetrics;
use super::route::{Requests, RouteLabels, RouteMetrics};
use super::tokens::TokenMetrics;
use super::workers::WorkerMetrics;

type Latencies = Family<RouteLabels, Histogram, fn() -> Histogram>;

/// All metrics. Clones share the counters and are cheap; pass on only the part that is needed, such as
/// [`Metrics::writer`].
#[derive(Clone, Debug)]
pub struct Metrics {
    /// The store's writer.
    pub writer: WriterMetrics,
    /// Rows recorded and deleted.
    pub rows: RowMetrics,
    /// The store's readers.
    pub reads: ReadMetrics,
    /// The purge.
    pub purge: PurgeMetrics,
    /// Callers' tokens.
    pub tokens: TokenMetrics,
    /// Events.
    pub events: EventMetrics,
    /// Other services' notifications.
    pub ingest: IngestMetrics,
    /// Followed tables.
    pub follow: FollowMetrics,
    /// Deliveries to listeners.
    pub listeners: ListenerMetrics,
    /// Failure notifications.
    pub recovery: RecoveryMetrics,
    /// Background work.
    pub workers: WorkerMetrics,
    /// Event streams that are open.
    pub streams_open: Gauge,
    /// Stored codes that the catalog does not know.
    pub unknown_codes: Counter,
    http: Arc<Http>,
    messages: Arc<MessageCount>,
    registry: Arc<Registry>,
}

/// The store's writer, which commits the rows of many callers together.
#[derive(Clone, Debug)]
pub struct WriterMetrics {
    /// Callers waiting.
    pub queue: Gauge,
    /// Rows per commit.
    pub batch_size: Histogram,
    /// The duration of a commit.
    pub commit_duration: Histogram,
}

/// The store's readers.
#[derive(Clone, Debug, Default)]
pub struct ReadMetrics {
    /// Rows examined, at most.
    pub rows: Counter,
    /// Searches that exceeded their budget.
    pub exhausted: Counter,
}

/// Rows recorded and deleted.
#[derive(Clone, Debug, Default)]
pub struct RowMetrics {
    /// Messages recorded.
    pub recorded: RecordedMetrics,
    /// Messages deleted on request.
    pub deleted: Counter,
    /// Messages purged after expiry.
    pub purged: Counter,
}

/// The purges of this process.
#[derive(Clone, Debug, Default)]
pub struct PurgeMetrics {
    runs: Counter,
    last_duration: Gauge<f64, AtomicU64>,
    last_timestamp: Gauge<f64, AtomicU64>,
}

impl PurgeMetrics {
    /// When the last run of this process ended, in microseconds since 1970, and how long it took, in seconds.
    #[expect(clippy::cast_possible_truncation, reason = "it was made from microseconds")]
    pub fn last(&self) -> Option<(i64, f64)> {
        let ended = (self.last_timestamp.get() * 1e6) as i64;
        (self.runs.get() > 0).then(|| (ended, self.last_duration.get()))
    }

    /// Notes a run that took `duration` and ended at `now`, in microseconds since 1970. Its rows are counted per batch
    /// in [`RowMetrics::purged`].
    #[expect(
        clippy::cast_precision_loss,
        reason = "microseconds since 1970 fit into 53 bits"
    )]
    pub fn finished(&self, duration: Duration, now: i64) {
        self.runs.inc();
        self.last_duration.set(duration.as_secs_f64());
        self.last_timestamp.set(now as f64 / 1e6);
    }
}

#[derive(Debug)]
struct Http {
    requests: Requests,
    latency: Latencies,
    in_flight: Gauge,
    routes: Mutex<HashMap<String, RouteMetrics>>,
}

impl Metrics {
    /// Starts all metrics at zero; `version` is the program's.
    pub fn new(version: &str) -> Self {
        let http = Http {
            requests: Requests::default(),
            latency: Latencies::new_with_constructor(Histogram::of_durations),
            in_flight: Gauge::default(),
            routes: Mutex::default(),
        };
        let mut metrics = Self {
            writer: WriterMetrics {
                queue: Gauge::default(),
                batch_size: Histogram::of_sizes(),
                commit_duration: Histogram::of_durations(),
            },
            rows: RowMetrics::default(),
            reads: ReadMetrics::default(),
            purge: PurgeMetrics::default(),
            tokens: TokenMetrics::default(),
            events: EventMetrics::default(),
            follow: FollowMetrics::default(),
            ingest: IngestMetrics::default(),
            listeners: ListenerMetrics::default(),
            recovery: RecoveryMetrics::default(),
            workers: WorkerMetrics::default(),
            streams_open: Gauge::default(),
            unknown_codes: Counter::default(),
            http: Arc::new(http),
            messages: Arc::default(),
            registry: Arc::default(),
        };
        let mut registry = Registry::with_prefix("tidings");
        registry.register(
            "build",
            "The version of the program",
            Info::new([("version", version.to_owned())]),
        );
        metrics.register_http(&mut registry);
        metrics.register_store(&mut registry);
        metrics.tokens.register(&mut registry);
        metrics.events.register(&mut registry);
        metrics.follow.register(&mut registry);
        metrics.ingest.register(&mut registry);
        metrics.listeners.register(&mut registry);
        metrics.recovery.register(&mut registry);
        metrics.workers.register(&mut registry);
        metrics.registry = Arc::new(registry);
        metrics
    }

    /// Returns the metrics of a route such as `GET /v3/{project_id}/messages`: the method and the pattern, never a path
    /// from a client, which could create any number of series. The same name gives the same metrics; look them up once
    /// per route rather than per request.
    pub fn route(&self, name: &str) -> RouteMetrics {
        let mut routes = self.http.routes.lock();
        if let Some(known) = routes.get(name) {
            return known.clone();
        }
        let (method, route) = name.split_once(' ').unwrap_or(("", name));
        let labels = RouteLabels {
            method: method.to_owned(),
            route: route.to_owned(),
        };
        let latency = self.http.latency.get_or_create_owned(&labels);
        let fresh = RouteMetrics::new(
            labels,
            self.http.requests.clone(),
            latency,
            self.http.in_flight.clone(),
        );
        routes.insert(name.to_owned(), fresh.clone());
        fresh
    }

    /// Sets the source of the number of stored messages. Every scrape calls it, so it must be cheap; `None` omits the
    /// metric. Only the first call counts.
    pub fn count_messages_by(&self, source: impl Fn() -> Option<i64> + Send + Sync + 'static) {
        // A second source would count the same rows, so either will do.
        let _ = self.messages.0.set(Box::new(source));
    }

    /// Encodes all metrics as text.
    pub fn encode(&self, form: Exposition) -> String {
        let mut body = String::with_capacity(16 * 1024);
        if let Err(error) = text::encode(&mut body, &self.registry) {
            tracing::error!(%error, "metrics could not be encoded");
        }
        match form {
            Exposition::OpenMetrics => body,
            Exposition::Prometheus => exposition::prometheus(&body),
        }
    }

    fn register_http(&self, registry: &mut Registry) {
        let http = &self.http;
        registry.register("http_requests", "Requests answered", http.requests.clone());
        registry.register(
            "http_request_duration_seconds",
            "Time from a request's head to its answer",
            http.latency.clone(),
        );
        registry.register(
            "http_requests_in_flight",
            "Requests in flight",
            http.in_flight.clone(),
        );
        registry.register("streams_open", "Open event streams", self.streams_open.clone());
    }

    fn register_store(&self, registry: &mut Registry) {
        let Self {
            writer,
            rows,
            reads,
            purge,
            ..
        } = self;
        registry.register(
            "writer_queue",
            "Callers waiting for the writer",
            writer.queue.clone(),
        );
        registry.register("writer_batch_rows", "Rows per commit", writer.batch_size.clone());
        registry.register(
            "writer_commit_duration_seconds",
            "Duration of a commit",
            writer.commit_duration.clone(),
        );
        rows.recorded.register(registry);
        registry.register(
            "messages_deleted",
            "Messages deleted on request",
            rows.deleted.clone(),
        );
        registry.register(
            "messages_purged",
            "Messages purged after expiry",
            rows.purged.clone(),
        );
        registry.register(
            "store_rows_read",
            "Rows examined by reads, at most",
            reads.rows.clone(),
        );
        registry.register(
            "store_searches_exhausted",
            "Searches that examined too many rows or took too long",
            reads.exhausted.clone(),
        );
        registry.register(
            "purge_runs",
            "Purges that this process finished",
            purge.runs.clone(),
        );
        registry.register(
            "purge_last_duration_seconds",
            "Duration of the last purge",
            purge.last_duration.clone(),
        );
        registry.register(
            "purge_last_timestamp_seconds",
            "When the last purge ended, in seconds since 1970",
            purge.last_timestamp.clone(),
        );
        registry.register(
            "unknown_codes",
            "Stored codes that the catalog does not know",
            self.unknown_codes.clone(),
        );
        registry.register_collector(Box::new(Arc::clone(&self.messages)));
    }
}

/// With the version of this program.
impl Default for Metrics {
    fn default() -> Self {
        Self::new(env!("CARGO_PKG_VERSION"))
    }
}

/// Counts the messages when scraped.
#[derive(Default)]
struct MessageCount(OnceLock<Box<dyn Fn() -> Option<i64> + Send + Sync>>);

impl Collector for MessageCount {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let Some(count) = self.0.get().and_then(|source| source()) else {
            return Ok(());
        };
        let gauge = ConstGauge::new(count);
        let metric = encoder.encode_descriptor("messages", "Messages stored", None, gauge.metric_type())?;
        gauge.encode(metric)
    }
}

impl fmt::Debug for MessageCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MessageCount")
    }
}
