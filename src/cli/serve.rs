//! `tidings serve`.

use std::path::Path;
use std::time::Duration;

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use super::failure::Failure;
use super::output::Output;
use crate::api::{Server, Stop};
use crate::clock::Clock;
use crate::config::{self, Config, Flag};
use crate::retention::{self, Purge};
use crate::store::{Settings, Store};
use crate::telemetry::log::{self, LogHandle};
use crate::telemetry::{LogFormat, LogSettings, Metrics};

/// Run the server.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tidings serve
  tidings serve --bind 127.0.0.1:9000
  tidings serve --config-file /etc/tidings/tidings.conf
  tidings serve --print-default-config > tidings.conf

SIGTERM and SIGINT stop it: requests in flight are answered, what was accepted is on the disk.
SIGHUP opens the log file anew.")]
pub struct Serve {
    /// Address to listen on, in place of [api] bind.
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
        let log = log::init(&log_settings(&config))?;
        config
            .warnings
            .iter()
            .for_each(|warning| tracing::warn!("configuration: {warning}"));
        let settings = Settings::from_config(&config.database);
        let place = settings.backend.describe();
        let metrics = Metrics::new(env!("CARGO_PKG_VERSION"));
        // The embedded database is this server's own, so nobody else has to bring it up to date.
        for migration in Store::migrate(&settings.backend)
            .map_err(Failure::store(format!("{place} cannot be migrated")))?
        {
            tracing::info!(migration = migration.name, "schema brought up to date");
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
    let purging = config.purge.every().map(|every| {
        let options = (config.purge.batch_size, config.purge.pause);
        tokio::spawn(purge(
            every,
            options,
            store.clone(),
            clock.clone(),
            metrics.clone(),
        ))
    });
    let has_no_file = config.files.is_empty();
    let database = store.describe();
    let server = Server::bind(config, store, clock, metrics)?;
    for address in server.addresses() {
        tracing::info!(%address, database, "serving");
    }
    if has_no_file && let Some(address) = server.addresses().first() {
        output.note(&welcome(&address.to_string(), &database));
    }
    actix_web::rt::spawn(watch_signals(server.stopper(), log));
    let ran = server.run().await.map_err(Failure::io("the server failed"));
    if let Some(purging) = purging {
        purging.abort();
    }
    ran
}

/// What somebody who tries the program for the first time needs to know.
fn welcome(address: &str, database: &str) -> String {
    format!(
        "Tidings runs on http://{address} with {database} and without authentication (no configuration file).\n\
         Record a message:\n  curl -H 'Content-Type: application/json' http://{address}/v3/demo/messages \\\n       \
         -d '{{\"message\": {{\"event_id\": \"VOLUME_000002\"}}}}'\n\
         Read it:\n  curl http://{address}/v3/demo/messages"
    )
}

async fn watch_signals(stop: Stop, log: LogHandle) {
    let (Ok(mut terminate), Ok(mut interrupt), Ok(mut hangup)) = (
        signal(SignalKind::terminate()),
        signal(SignalKind::interrupt()),
        signal(SignalKind::hangup()),
    ) else {
        tracing::error!("signals cannot be received; only SIGKILL stops this server");
        return;
    };
    loop {
        tokio::select! {
            _ = hangup.recv() => {
                log.reopen();
                tracing::info!("log file opened anew");
            }
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
        }
    }
    tracing::info!("stopping");
    stop.stop().await;
}

async fn purge(
    every: Duration,
    (batch_size, pause): (usize, Duration),
    store: Store,
    clock: Clock,
    metrics: Metrics,
) {
    let mut ticks = tokio::time::interval(every);
    loop {
        ticks.tick().await;
        let options = retention::Options {
            batch_size,
            pause,
            max_rows: None,
            expired_before: clock.now(),
        };
        match Purge::new(store.clone(), clock.clone(), metrics.clone(), options)
            .run(|_| ())
            .await
        {
            Ok(report) => {
                tracing::info!(
                    messages = report.messages,
                    keys = report.keys,
                    left = report.left,
                    seconds = report.elapsed.as_secs_f64(),
                    "purged"
                );
            }
            Err(retention::Error::Held(holder)) => tracing::info!(holder, "another purge is under way"),
            Err(error) => tracing::error!(%error, "the purge failed"),
        }
    }
}

fn log_settings(config: &Config) -> LogSettings {
    LogSettings {
        filter: config.general.log_level.as_str().to_owned(),
        format: match config.general.log_format {
            config::LogFormat::Text => LogFormat::Text,
            config::LogFormat::Json => LogFormat::Json,
        },
        file: config.general.log_file.clone(),
    }
}
