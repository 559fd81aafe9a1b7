//! `tidings serve`.

use std::path::Path;

use clap::Args;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::failure::Failure;
use super::log;
use super::output::Output;
use super::signals::{self, Stops};
use crate::api::{Server, Stop, require_descriptors};
use crate::clock::Clock;
use crate::config::{self, AuthStrategy, Config, Flag};
use crate::delivery;
use crate::event::Reporter;
use crate::ingest::Consumer;
use crate::retention::Schedule;
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

SIGTERM and SIGINT stop it: requests in flight are answered, what was accepted is on the disk.
A second one ends it at once, without the answers; what was answered is on the disk all the same.
SIGHUP opens the log file anew.")]
pub struct Serve {
    /// Address to listen on, in place of `[api] bind`.
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
        // The embedded database is this server's own, so nobody else has to bring it up to date. One that several servers
        // share is migrated when its operator says so.
        if settings.backend.is_embedded() {
            let ran = Store::migrate(&settings.backend)
                .map_err(Failure::store(format!("{place} cannot be migrated")))?;
            for migration in ran {
                tracing::info!(migration = migration.name, "schema brought up to date");
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
    // Until they are taken, a signal ends the process at once.
    let signals = Signals::take().map_err(Failure::io("signals cannot be received"))?;
    let is_trial = config.files.is_empty() && config.general.auth_strategy == AuthStrategy::Noauth;
    let database = store.describe();
    let reporter = Reporter::new(&config);
    // What is wrong with them is said before anything is listened for.
    let tasks = background(&config, &store, &clock, &metrics, &reporter)?;
    let counted = metrics.workers.clone();
    let server = Server::bind(config, store, clock, metrics, reporter)?;
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

/// The work beside answering requests, in the order of its start. It stops in the reverse order: requests, a purge and
/// notifications report events, which are delivered last.
fn background(
    config: &Config,
    store: &Store,
    clock: &Clock,
    metrics: &Metrics,
    reporter: &Reporter,
) -> Result<[Vec<Task>; 3], Failure> {
    let purges = config.purge.every().map(|every| Schedule {
        every,
        purge: config.purge.clone(),
        events: config.events.clone(),
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
    Ok([
        delivery::dispatchers(config, store, clock, metrics)?,
        purges.map(Schedule::task).into_iter().collect(),
        consumer.map(Consumer::task).into_iter().collect(),
    ])
}

/// What somebody who tries the program for the first time needs to know.
fn welcome(address: &str, database: &str) -> String {
    format!(
        "Tidings runs on http://{address} with {database} and without authentication (no configuration file).\n\
         Record a message:\n  curl -H 'Content-Type: application/json' http://{address}/v3/demo/messages \\\n       \
         -d '{{\"message\": {{\"event_id\": \"VOLUME_000002\"}}}}'\n\
         Read it, or open it in a browser:\n  curl http://{address}/v3/demo/messages"
    )
}

/// The signals that a server heeds.
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
