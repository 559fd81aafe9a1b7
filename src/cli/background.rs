//! Commands that do background work until they are stopped.

use std::path::Path;

use tokio::signal::unix::{SignalKind, signal};

use super::context::runtime;
use super::failure::Failure;
use super::log;
use super::signals::{self, Stops};
use crate::api::{Exporter, MetricsServer};
use crate::clock::Clock;
use crate::config::{self, Config, ConfigFaults};
use crate::event::Reporter;
use crate::retention::RollUp;
use crate::store::{Settings, Store};
use crate::telemetry::Metrics;
use crate::telemetry::log::LogHandle;
use crate::worker::{Task, Workers};

/// What work needs.
pub(super) struct Parts<'a> {
    pub(super) config: &'a Config,
    pub(super) store: &'a Store,
    pub(super) clock: &'a Clock,
    pub(super) reporter: &'a Reporter,
    pub(super) metrics: &'a Metrics,
}

/// Runs the tasks that `make` returns until SIGTERM or SIGINT, and serves the metrics. `check` checks the options that the
/// command requires.
pub(super) fn run(
    config_file: Option<&Path>,
    check: impl FnOnce(&Config) -> Result<(), ConfigFaults>,
    make: impl FnOnce(Parts<'_>) -> Result<Vec<Task>, Failure>,
) -> Result<(), Failure> {
    let config = Config::load(config_file, config::environment())?;
    check(&config)?;
    let log = log::start(&config)?;
    let settings = Settings::from_config(&config.database);
    let place = settings.backend.describe();
    let metrics = Metrics::default();
    let store =
        Store::open(&settings, &metrics).map_err(Failure::store(format!("{place} cannot be opened")))?;
    let tasks = make(Parts {
        config: &config,
        store: &store,
        clock: &Clock::system(),
        reporter: &Reporter::new(&config),
        metrics: &metrics,
    });
    let tasks = tasks.map(|mut tasks| {
        // It also tells the store which messages it has to count itself.
        tasks.push(RollUp::new(store.clone(), Clock::system(), &config.statistics).task());
        tasks
    });
    let workers = Workers::new(metrics.workers.counter());
    let exporter = Exporter::new(metrics, store.clone(), Clock::system());
    let done = tasks.and_then(|tasks| {
        let done = runtime()?.block_on(async {
            let metrics = serve_metrics(&config, exporter);
            work(&workers, tasks, metrics, log).await
        });
        tracing::info!("stopped");
        done
    });
    store.close();
    done
}

/// Serves the metrics. If a server on this host already uses the address, the command runs without them.
fn serve_metrics(config: &Config, metrics: Exporter) -> Option<MetricsServer> {
    MetricsServer::bind(&config.metrics, metrics).unwrap_or_else(|error| {
        let source = std::error::Error::source(&error).map(ToString::to_string);
        tracing::warn!(%error, source, "[metrics] bind: metrics are not served");
        None
    })
}

async fn work(
    workers: &Workers,
    tasks: Vec<Task>,
    metrics: Option<MetricsServer>,
    log: LogHandle,
) -> Result<(), Failure> {
    let unheard = "signals cannot be received";
    let mut stops = Stops::take().map_err(Failure::io(unheard))?;
    let mut hangup = signal(SignalKind::hangup()).map_err(Failure::io(unheard))?;
    workers.start(tasks);
    let serving = async {
        if let Some(metrics) = metrics {
            let ended = metrics.run().await;
            tracing::error!(?ended, "metrics are no longer served");
        }
        // The work continues without the metrics.
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
