//! All dispatchers of a server.

use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::backoff::Backoff;
use super::bounds::Bounds;
use super::dispatcher::{Dispatcher, Pace};
use super::drivers::{Driver, Log, Messaging};
use crate::bus::{self, Broker, Version};
use crate::clock::Clock;
use crate::config::{self, Config};
use crate::store::Store;
use crate::telemetry::Metrics;

/// How often the backlog is checked.
const LOOK: Duration = Duration::from_secs(5);

/// How long a broker may leave an event unconfirmed before the connection is dropped: oslo.messaging's default for a
/// silent broker.
const PATIENCE: Duration = Duration::from_secs(60);

/// Why events cannot be delivered.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The connection to the broker cannot be set up.
    #[error("the message broker cannot be used")]
    Broker(#[from] bus::Error),
    /// No URL is configured.
    #[error("[oslo_messaging_notifications] transport_url is needed")]
    NoUrl,
}

/// A server's dispatchers, in the background.
pub struct Delivery {
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Delivery {
    /// Starts a dispatcher for each configured driver. Requires a tokio runtime.
    ///
    /// # Errors
    /// [`SetupError`]; an unreachable broker is not an error.
    pub fn start(
        config: &Config,
        store: &Store,
        clock: &Clock,
        metrics: &Metrics,
    ) -> Result<Self, SetupError> {
        let (stop, stopped) = watch::channel(false);
        let mut delivery = Self {
            stop,
            tasks: Vec::new(),
        };
        for (driver, sender) in senders(config)? {
            let parts = Parts {
                store: store.clone(),
                clock: clock.clone(),
                pace: pace(config),
                metrics: metrics.clone(),
                stopped: stopped.clone(),
            };
            delivery.tasks.push(match sender {
                Sender::Log => parts.spawn(Log, driver),
                Sender::Messaging(messaging) => parts.spawn(*messaging, driver),
            });
        }
        Ok(delivery)
    }

    /// Checks what [`Delivery::start`] would reject, without a store.
    ///
    /// # Errors
    /// [`SetupError`].
    pub fn check(config: &Config) -> Result<(), SetupError> {
        senders(config).map(drop)
    }

    /// Delivers what is left, for a few seconds at most, and ends.
    pub async fn stop(self) {
        // Fails if no dispatcher is left, which is fine.
        let _ = self.stop.send(true);
        for task in self.tasks {
            if task.await.is_err() {
                tracing::error!("a dispatcher of events had panicked");
            }
        }
    }
}

/// The parts of a dispatcher.
struct Parts {
    store: Store,
    clock: Clock,
    pace: Pace,
    metrics: Metrics,
    stopped: watch::Receiver<bool>,
}

impl Parts {
    fn spawn(self, driver: impl Driver + 'static, kind: config::Driver) -> JoinHandle<()> {
        let target = kind.name();
        let metrics = self.metrics.events.driver(target);
        let dispatcher = Dispatcher::new(self.store, self.clock, driver, target, self.pace, metrics);
        tokio::spawn(dispatcher.run(self.stopped))
    }
}

fn pace(config: &Config) -> Pace {
    let general = &config.oslo_messaging_rabbit;
    let rabbit = config
        .notification_url()
        .map_or_else(|| general.clone(), |url| url.settings(general));
    Pace {
        batch_size: config.events.batch_size,
        retry: config.oslo_messaging_notifications.retry.limit(),
        backoff: Backoff::new(rabbit.rabbit_retry_interval, rabbit.rabbit_interval_max),
        bounds: Bounds::new(config.events.max_age, config.events.max_rows, LOOK),
        look: LOOK,
        patience: PATIENCE,
    }
}

/// A driver's implementation.
enum Sender {
    Log,
    Messaging(Box<Messaging>),
}

/// Returns the configured drivers that send anything.
fn senders(config: &Config) -> Result<Vec<(config::Driver, Sender)>, SetupError> {
    let mut senders = Vec::new();
    for driver in config.oslo_messaging_notifications.drivers() {
        let sender = match driver {
            config::Driver::Noop => continue,
            config::Driver::Log => Sender::Log,
            config::Driver::Messaging => Sender::Messaging(Box::new(messaging(config, Version::One)?)),
            config::Driver::Messagingv2 => Sender::Messaging(Box::new(messaging(config, Version::Two)?)),
        };
        senders.push((driver, sender));
    }
    Ok(senders)
}

fn messaging(config: &Config, version: Version) -> Result<Messaging, SetupError> {
    let url = config.notification_url().ok_or(SetupError::NoUrl)?;
    let broker = Broker::new(url, &config.oslo_messaging_rabbit)?;
    let topics = &config.oslo_messaging_notifications.topics;
    Ok(Messaging::new(
        broker,
        version,
        &config.general.control_exchange,
        topics,
    ))
}
