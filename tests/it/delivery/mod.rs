//! From the outbox to the drivers: what arrives, in which order, and what is given up.

mod ageing;
pub mod amqp;
mod backlogs;
mod bounds;
mod claims;
mod confirmations;
mod dispatcher;
mod email;
mod last_release;
pub mod listeners;
mod lost_key;
mod order;
mod races;
mod rows;
pub mod simulation;
mod stuck;
mod subscriptions;
mod together;
#[cfg(feature = "postgres")]
mod unanalysed;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use tidings::backoff::Backoff;
use tidings::delivery::{Bounds, Delivered, Dispatcher, Driver, Lease, Pace, Progress};
use tidings::event::{Envelope, Outgoing, Priority, Sinks};
use tidings::store::{Batch, Settings, Store};
use tidings::telemetry::{DriverMetrics, Metrics};
use tidings::worker::{Task, Workers};
use uuid::Uuid;

use crate::support::{Fresh, NOW, RecordBatch, let_pass};

/// What the driver of these dispatchers is called.
pub const TARGET: &str = "log";

/// A store of its own.
pub struct Outbox {
    pub store: Store,
    pub metrics: DriverMetrics,
    pub database: Fresh,
}

impl Outbox {
    pub fn new() -> Self {
        let database = Fresh::new();
        let settings = Settings::from_config(&tidings::config::Database {
            connection: database.connection(),
            ..tidings::config::Database::default()
        });
        Store::migrate(&settings.backend).unwrap();
        let metrics = Metrics::new("test");
        Self {
            store: Store::open(&settings, &metrics).unwrap(),
            metrics: metrics.events.driver(TARGET),
            database,
        }
    }

    /// Reports events of these names, with ids in this order, `seconds` after the beginning.
    pub async fn report(&self, names: &[&str], seconds: i64) {
        let events = names
            .iter()
            .map(|name| event(name, Uuid::now_v7(), seconds))
            .collect();
        self.write(events).await;
    }

    pub async fn write(&self, events: Arc<[Envelope]>) {
        let targets = vec![TARGET.to_owned(), "other".to_owned()];
        self.write_for(events, targets, false).await;
    }

    /// Writes events for these targets, optionally kept for audits.
    pub async fn write_for(&self, events: Arc<[Envelope]>, targets: Vec<String>, keeps: bool) {
        let sinks = Sinks {
            targets,
            keeps,
            ..Sinks::default()
        };
        let batch = Batch {
            events: Outgoing {
                events,
                sinks: sinks.into(),
                ..Outgoing::default()
            },
            ..Batch::default()
        };
        self.store.record_batch(batch).await.unwrap();
    }

    pub fn lease(&self) -> Lease {
        Lease::new(self.store.clone(), tidings::clock::Clock::fixed(NOW), TARGET)
    }

    /// Gives the lease to another server.
    pub fn hand_over(&self) {
        self.database.execute("UPDATE leases SET holder = 'other'");
    }

    pub fn dispatcher<D: Driver>(&self, driver: D, pace: Pace) -> Dispatcher<D> {
        let clock = tidings::clock::Clock::fixed(NOW);
        Dispatcher::new(
            self.store.clone(),
            clock,
            driver,
            TARGET,
            pace,
            self.metrics.clone(),
        )
    }

    /// Starts a dispatcher like the server.
    pub fn start<D: Driver + 'static>(&self, driver: D, pace: Pace) -> Workers {
        run(self.dispatcher(driver, pace))
    }

    pub async fn waiting(&self) -> u64 {
        self.store.count_waiting(TARGET, i64::MAX).await.unwrap()
    }
}

impl Drop for Outbox {
    fn drop(&mut self) {
        self.store.close();
    }
}

/// Runs a dispatcher in the background.
pub fn run<D: Driver + 'static>(dispatcher: Dispatcher<D>) -> Workers {
    let workers = Workers::new(|_| Counter::default());
    workers.start([Task::new("delivery", dispatcher)]);
    workers
}

pub fn event(name: &str, id: Uuid, seconds: i64) -> Envelope {
    Envelope {
        message_id: id,
        publisher_id: name.to_owned(),
        event_type: "repo.sync.start".to_owned(),
        priority: Priority::Info,
        timestamp: NOW + seconds * 1_000_000,
        payload: "{}".to_owned(),
        request_id: None,
        project_id: None,
        call_report: None,
    }
}

pub fn pace() -> Pace {
    Pace {
        batch_size: 3,
        retry: None,
        backoff: Backoff::new(Duration::from_millis(1), Duration::from_millis(2)),
        bounds: Bounds::new(Duration::from_secs(3600), 1000, Duration::from_secs(5)),
        look: Duration::from_millis(10),
        patience: Duration::from_secs(60),
    }
}

/// A driver that notes what it gets, and fails as it is told.
#[derive(Clone, Default)]
pub struct Recorder {
    pub got: Arc<Mutex<Vec<String>>>,
    /// How many events the next calls let through before they fail.
    pub failures: Arc<Mutex<Vec<usize>>>,
    pub delay: Duration,
}

impl Recorder {
    pub fn got(&self) -> String {
        self.got.lock().unwrap().join(" ")
    }

    pub fn fail_after(&self, counts: &[usize]) {
        *self.failures.lock().unwrap() = counts.iter().rev().copied().collect();
    }
}

impl Driver for Recorder {
    async fn deliver(&mut self, events: &[Envelope], _: &Progress) -> Delivered {
        let_pass(self.delay).await;
        let limit = self.failures.lock().unwrap().pop();
        let count = limit.unwrap_or(events.len()).min(events.len());
        let names = events[..count].iter().map(|event| event.publisher_id.clone());
        self.got.lock().unwrap().extend(names);
        Delivered {
            count,
            failure: limit.map(|_| "told to".to_owned()),
        }
    }
}
