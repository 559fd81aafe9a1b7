//! The dispatchers of a server.

use std::time::Duration;

use super::bounds::Bounds;
use super::dispatcher::{Dispatcher, Pace};
use super::drivers::{Driver, Log, Messaging};
use super::notifiers::EmailNotifier;
use crate::backoff::Backoff;
use crate::bus::{self, Broker, Version};
use crate::clock::Clock;
use crate::config::{self, Config};
use crate::store::Store;
use crate::telemetry::Metrics;
use crate::tls;
use crate::worker::Task;

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
    /// E-mails cannot be sent.
    #[error("[email] ca_file cannot be used")]
    Email(#[source] tls::Error),
    /// No URL is configured.
    #[error("[oslo_messaging_notifications] transport_url is required")]
    NoUrl,
}

/// Returns a dispatcher for each configured driver, ready to be started.
///
/// # Errors
/// [`SetupError`]; an unreachable broker is not an error.
pub fn dispatchers(
    config: &Config,
    store: &Store,
    clock: &Clock,
    metrics: &Metrics,
) -> Result<Vec<Task>, SetupError> {
    check_email(config)?;
    let parts = Parts {
        store,
        config,
        clock,
        metrics,
    };
    let tasks = senders(config)?.into_iter().map(|(driver, sender)| match sender {
        Sender::Log => parts.task(Log, driver),
        Sender::Messaging(messaging) => parts.task(*messaging, driver),
    });
    Ok(tasks.collect())
}

/// Checks what [`dispatchers`] would reject, without a store.
///
/// # Errors
/// [`SetupError`].
pub fn check(config: &Config) -> Result<(), SetupError> {
    check_email(config)?;
    senders(config).map(drop)
}

fn check_email(config: &Config) -> Result<(), SetupError> {
    EmailNotifier::new(&config.email)
        .map(drop)
        .map_err(SetupError::Email)
}

/// The parts of a dispatcher.
struct Parts<'a> {
    store: &'a Store,
    config: &'a Config,
    clock: &'a Clock,
    metrics: &'a Metrics,
}

impl Parts<'_> {
    fn task(&self, driver: impl Driver + 'static, kind: config::Driver) -> Task {
        let target = kind.name();
        let (store, clock, pace) = (self.store.clone(), self.clock.clone(), pace(self.config));
        let metrics = self.metrics.events.driver(target);
        let dispatcher = Dispatcher::new(store, clock, driver, target, pace, metrics);
        Task::new(format!("delivery:{target}"), dispatcher)
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
