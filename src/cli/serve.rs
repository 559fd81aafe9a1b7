//! `tidings serve`.

use std::path::Path;
use std::sync::Arc;

use clap::Args;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::failure::Failure;
use super::log;
use super::output::Output;
use super::signals::{self, Stops};
use crate::api::{Server, Stop, require_descriptors};
use crate::clock::Clock;
use crate::config::{self, AuthStrategy, Config, Flag};
use crate::delivery::{self, Asker, Backlogs, Deliverer};
use crate::event::Reporter;
use crate::follow::Follower;
use crate::ingest::Consumer;
use crate::listener::ListenerSeal;
use crate::recovery::{RecoveryWorker, Terms};
use crate::retention::{RollUp, Schedule};
use crate::store::{Settings, Store};
use crate::telemetry::Metrics;
use crate::telemetry::log::LogHandle;
use crate::worker::{Task, Workers};

/// Run the server.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tidings serve
  tidings serve --bind 127.0.0.1:9000
  tidings serve --config-file /etc/tidings/tidings.conf
  tidings serve --print-default-config > tidings.conf

SIGTERM and SIGINT stop it after answering the requests in flight. A second signal stops it at
once; everything that was answered is on disk in either case. SIGHUP reopens the log file.")]
pub struct Serve {
    /// Address to listen on, instead of `[api] bind`.
    #[arg(long, value_name = "HOST:PORT")]
    bind: Option<String>,

    /// Print the commented default configuration and exit.
    #[arg(long)]
    print_default_config: bool,
}

impl Serve {
    pub(super) fn run(&self, config_file: Option<&Path>, output: &mut Output) -> Result<(), Failure> {
        if self.print_default_config {
            return output.line(config::DEFAULT_FILE.trim_end());
        }
        let bind = self.bind.as_deref();
        let flags: Vec<Flag<'_>> = bind
            .map(|value| Flag {
                name: "--bind",
                section: "api",
                option: "bind",
                value,
            })
            .into_iter()
            .collect();
        let config = Config::load_with_flags(config_file, config::environment(), &flags)?;
        let log = log::start(&config)?;
        require_descriptors()?;
        let settings = Settings::from_config(&config.database);
        let place = settings.backend.describe();
        let metrics = Metrics::default();
        // The embedded database belongs to this server alone, so it is migrated here. A database that several servers
        // share is migrated by its operator.
        if settings.backend.is_embedded() {
            let ran = Store::migrate(&settings.backend)
                .map_err(Failure::store(format!("{place} cannot be migrated")))?;
            for migration in ran {
                tracing::info!(migration = migration.name, "migration applied");
            }
        }
        let store =
            Store::open(&settings, &metrics).map_err(Failure::store(format!("{place} cannot be opened")))?;
        let served =
            actix_web::rt::System::new().block_on(serve(config, store.clone(), metrics, log, output));
        store.close();
        tracing::info!("stopped");
        served
    }
}

async fn serve(
    config: Config,
    store: Store,
    metrics: Metrics,
    log: LogHandle,
    output: &mut Output,
) -> Result<(), Failure> {
    let clock = Clock::system();
    // Until then, a signal ends the process at once.
    let signals = Signals::take().map_err(Failure::io("signals cannot be received"))?;
    let is_trial = config.files.is_empty() && config.general.auth_strategy == AuthStrategy::Noauth;
    let database = store.describe();
    let reporter = Reporter::new(&config);
    let expanded = delivery::follow_catalog(&store).await;
    match expanded.map_err(Failure::store("the listeners' event types cannot be expanded"))? {
        0 => {}
        listeners => tracing::info!(listeners, "event types expanded with a new catalog"),
    }
    // Report faulty drivers before listening.
    let seal = Arc::new(ListenerSeal::new(&config));
    let tasks = background(&config, &store, &clock, &metrics, &reporter, &seal)?;
    let counted = metrics.workers.clone();
    let server = Server::bind(config, store, clock, metrics, reporter, seal)?;
    for address in server.addresses() {
        tracing::info!(%address, database, "serving");
    }
    if is_trial && let Some(address) = server.addresses().first() {
        output.note(&welcome(&address.to_string(), &database));
    }
    let workers = tasks.map(|tasks| {
        let workers = Workers::new(counted.counter());
        workers.start(tasks);
        workers
    });
    actix_web::rt::spawn(signals.watch(server.stopper(), log));
    let ran = server.run().await.map_err(Failure::io("the server failed"));
    for workers in workers.iter().rev() {
        workers.stop().await;
    }
    ran
}

/// Returns the background work in start order. It stops in reverse order: requests, a purge, notifications and followed tables
/// report events, which are delivered last.
fn background(
    config: &Config,
    store: &Store,
    clock: &Clock,
    metrics: &Metrics,
    reporter: &Reporter,
    seal: &Arc<ListenerSeal>,
) -> Result<[Vec<Task>; 4], Failure> {
    let purges = config.purge.every().map(|every| Schedule {
        every,
        config: config.clone(),
        reporter: reporter.clone(),
        store: store.clone(),
        clock: clock.clone(),
        metrics: metrics.clone(),
    });
    let consumer = if config.ingest.enabled {
        Consumer::new(config, store.clone(), clock.clone(), reporter.clone(), metrics)?
    } else {
        None
    };
    let followers = Follower::all(config, store, clock, reporter, metrics)
        .into_iter()
        .map(Follower::task);
    let mut deliveries = delivery::dispatchers(config, store, clock, metrics)?;
    let listeners = Deliverer::new(
        config,
        store.clone(),
        clock.clone(),
        reporter.clone(),
        Arc::clone(seal),
        metrics.listeners.clone(),
    );
    deliveries.push(Task::new("delivery:listeners".to_owned(), listeners));
    let backlogs = Backlogs::new(config, store.clone(), clock.clone(), metrics.listeners.clone());
    deliveries.push(Task::new("delivery:backlogs".to_owned(), backlogs));
    let asker = Asker::new(config, store.clone(), clock.clone(), Arc::clone(seal))
        .map_err(delivery::SetupError::Email)?;
    deliveries.extend(asker.map(Asker::task));
    let terms = Terms::new(config, reporter.clone(), metrics.recovery.clone());
    let recovery = RecoveryWorker::new(store.clone(), clock.clone(), terms);
    let rollup = RollUp::new(store.clone(), clock.clone(), &config.statistics);
    Ok([
        deliveries,
        vec![Task::new("recovery".to_owned(), recovery)],
        purges
            .map(Schedule::task)
            .into_iter()
            .chain([rollup.task()])
            .collect(),
        consumer
            .map(Consumer::task)
            .into_iter()
            .chain(followers)
            .collect(),
    ])
}

/// Returns what a first-time user needs to know.
fn welcome(address: &str, database: &str) -> String {
    format!(
        "Tidings runs on http://{address} with {database} and without authentication (no configuration file).\n\
         Record a message:\n  curl -H 'Content-Type: application/json' http://{address}/v3/demo/messages \\\n       \
         -d '{{\"message\": {{\"event_id\": \"VOLUME_000002\"}}}}'\n\
         Read it, or open it in a browser:\n  curl http://{address}/v3/demo/messages"
    )
}

/// The signals that the server handles.
struct Signals {
    stops: Stops,
    hangup: Signal,
}

impl Signals {
    fn take() -> std::io::Result<Self> {
        Ok(Self {
            stops: Stops::take()?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    async fn watch(mut self, stop: Stop, log: LogHandle) {
        loop {
            tokio::select! {
                _ = self.hangup.recv() => log.reopen(),
                _ = self.stops.next() => break,
            }
        }
        tracing::info!("stopping");
        signals::end_at_next();
        stop.stop().await;
    }
}
