//! What is measured: listeners, events, and the workers that deliver.

use std::error::Error;
use std::io::Write;
use std::sync::Arc;
use std::time::Instant;

use prometheus_client::metrics::counter::Counter;
use serde_json::{Value, json};
use tidings::clock::Clock;
use tidings::config::Config;
use tidings::delivery::{Deliverer, Registrar};
use tidings::event::{Envelope, Report, Reporter};
use tidings::listener::{ListenerSeal, Reach};
use tidings::store::{Batch, Store};
use tidings::telemetry::ListenerMetrics;
use tidings::worker::{Task, Workers};
use uuid::Uuid;

pub type Outcome<T> = Result<T, Box<dyn Error>>;

/// The event of all measurements.
pub const EVENT: &str = include_str!("../event.json");

/// A store with listeners.
pub struct Bench {
    pub config: Config,
    store: Store,
    reporter: Reporter,
    seal: Arc<ListenerSeal>,
    registrar: Registrar,
}

impl Bench {
    pub fn new(config: Config, store: Store) -> Outcome<Self> {
        let seal = Arc::new(ListenerSeal::temporary()?);
        Ok(Self {
            reporter: Reporter::new(&config),
            registrar: Registrar::new(&config, store.clone(), Clock::system(), Arc::clone(&seal)),
            seal,
            config,
            store,
        })
    }

    /// Creates a listener that signs.
    pub async fn subscribe(&self, event_type: &str, url: &str) -> Outcome<Uuid> {
        let members = json!({
            "notifier_type": "http",
            "notifier_config": { "url": url, "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" },
            "event_types": [event_type],
        });
        let members = members.as_object().cloned().unwrap_or_default();
        let (listener, _) = self.registrar.create(Reach::Cloud, &members).await?;
        Ok(listener.id)
    }

    pub async fn unsubscribe(&self, listener: Uuid) -> Outcome<()> {
        Ok(self.registrar.delete(listener).await?)
    }

    /// Starts to deliver.
    pub fn start(&self) -> Workers {
        let deliverer = Deliverer::new(
            &self.config,
            self.store.clone(),
            Clock::system(),
            self.reporter.clone(),
            Arc::clone(&self.seal),
            ListenerMetrics::default(),
        );
        let workers = Workers::new(|_| Counter::default());
        workers.start([Task::new("listeners", deliverer)]);
        workers
    }

    /// Records events in one transaction; returns their ids.
    pub async fn report(&self, event_type: &str, count: usize) -> Outcome<Vec<Uuid>> {
        let mut report: Value = serde_json::from_str(EVENT)?;
        report["event_type"] = event_type.into();
        let report: Report = serde_json::from_value(report)?;
        let now = Clock::system().now();
        let event = || {
            let checked = report.check().map_err(|faults| format!("{faults:?}"))?;
            let id = self.reporter.next_id(now);
            Ok::<Envelope, String>(self.reporter.envelope(checked, "p1", id, now))
        };
        let events: Arc<[Envelope]> = (0..count).map(|_| event()).collect::<Result<_, _>>()?;
        let batch = || Batch {
            events: self.reporter.outgoing(Arc::clone(&events)),
            ..Batch::default()
        };
        self.store.record(batch).await?;
        Ok(events.iter().map(|event| event.message_id).collect())
    }

    /// Records many events, a thousand in each transaction.
    pub async fn report_many(&self, event_type: &str, count: usize) -> Outcome<()> {
        let mut left = count;
        while left > 0 {
            let some = left.min(1000);
            self.report(event_type, some).await?;
            left -= some;
        }
        Ok(())
    }
}

/// Prints a line of the results.
pub fn print(line: &Value) -> Outcome<()> {
    Ok(writeln!(std::io::stdout(), "{line}")?)
}

#[expect(clippy::cast_precision_loss, reason = "a rate")]
pub fn rate(count: usize, begun: Instant) -> f64 {
    count as f64 / begun.elapsed().as_secs_f64()
}

/// The milliseconds that this part, in percent, of the times do not exceed.
pub fn percentile(milliseconds: &[f64], part: usize) -> f64 {
    let mut sorted = milliseconds.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() * part / 100).copied().unwrap_or_default()
}
