//! `tidings ingest` without a file: consumes from the broker until stopped.

use std::path::Path;

use tokio::signal::unix::{SignalKind, signal};

use crate::api::{Exporter, MetricsServer};
use crate::cli::context::runtime;
use crate::cli::failure::Failure;
use crate::cli::log;
use crate::cli::signals::{self, Stops};
use crate::clock::Clock;
use crate::config::{self, Config};
use crate::event::Reporter;
use crate::ingest::Consumer;
use crate::store::{Settings, Store};
use crate::telemetry::Metrics;
use crate::telemetry::log::LogHandle;
use crate::worker::Workers;

/// Consumes until SIGTERM or SIGINT.
pub(super) fn run(config_file: Option<&Path>) -> Result<(), Failure> {
    let config = Config::load(config_file, config::environment())?;
    config.check_ingest()?;
    let log = log::start(&config)?;
    let settings = Settings::from_config(&config.database);
    let place = settings.backend.describe();
    let metrics = Metrics::default();
    let store =
        Store::open(&settings, &metrics).map_err(Failure::store(format!("{place} cannot be opened")))?;
    let reporter = Reporter::new(&config);
    let configured = Consumer::new(&config, store.clone(), Clock::system(), reporter, &metrics)?;
    let found = configured.ok_or_else(|| {
        let text = "[ingest] transport_url is required: the broker to consume from";
        Failure::Unconfigured(text.to_owned())
    });
    let workers = Workers::new(metrics.workers.counter());
    let exporter = Exporter::new(metrics, store.clone(), Clock::system());
    let done = found.and_then(|consumer| {
        let done = runtime()?.block_on(async {
            let metrics = serve_metrics(&config, exporter);
            consume(&workers, consumer, metrics, log).await
        });
        tracing::info!("stopped");
        done
    });
    store.close();
    done
}

/// Serves the metrics. If a server on this host already uses the address, ingest runs without them.
fn serve_metrics(config: &Config, metrics: Exporter) -> Option<MetricsServer> {
    MetricsServer::bind(&config.metrics, metrics).unwrap_or_else(|error| {
        let source = std::error::Error::source(&error).map(ToString::to_string);
        tracing::warn!(%error, source, "[metrics] bind: metrics are not served");
        None
    })
}

async fn consume(
    workers: &Workers,
    consumer: Consumer,
    metrics: Option<MetricsServer>,
    log: LogHandle,
) -> Result<(), Failure> {
    let unheard = "signals cannot be received";
    let mut stops = Stops::take().map_err(Failure::io(unheard))?;
    let mut hangup = signal(SignalKind::hangup()).map_err(Failure::io(unheard))?;
    workers.start([consumer.task()]);
    let serving = async {
        if let Some(metrics) = metrics {
            let ended = metrics.run().await;
            tracing::error!(?ended, "metrics are no longer served");
        }
        // Consumption continues without the metrics.
        std::future::pending::<()>().await;
    };
    tokio::pin!(serving);
    loop {
        tokio::select! {
            () = &mut serving => {}
            _ = hangup.recv() => log.reopen(),
            _ = stops.next() => break,
        }
    }
    tracing::info!("stopping");
    signals::end_at_next();
    workers.stop().await;
    Ok(())
}
