//! Measures how many deliveries to webhooks a second this program makes, and how many a bare client posts to the same receivers.
//!
//! `webhooks EVENTS LISTENERS ROUNDS`, on the configured database; prints a line of JSON for each round, and one for the time from a
//! commit to the arrival of an event while nothing else happens. Run by tests/bench.
//!
//! The bare client sends the same bodies with as many requests in flight, and nothing is stored. Deliveries of ours are claimed,
//! signed, sent, settled and logged.

use std::error::Error;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use actix_web::{App, HttpResponse, HttpServer, web};
use prometheus_client::metrics::counter::Counter;
use serde_json::json;
use tidings::clock::Clock;
use tidings::config::{self, Config};
use tidings::delivery::{Deliverer, Registrar};
use tidings::event::{Envelope, Report, Reporter};
use tidings::listener::{ListenerSeal, Reach};
use tidings::store::{Batch, Settings, Store};
use tidings::telemetry::{ListenerMetrics, Metrics};
use tidings::worker::{Task, Workers};
use tokio::sync::Notify;
use tokio::task::JoinSet;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// The event of all cases.
const EVENT: &str = include_str!("event.json");

/// Events of one idle measurement.
const SINGLE: usize = 200;

/// Requests that the receivers got.
#[derive(Clone, Default)]
struct Received {
    count: Arc<AtomicUsize>,
    arrived: Arc<Notify>,
}

impl Received {
    fn get(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    async fn reaches(&self, count: usize) {
        while self.get() < count {
            let arrived = self.arrived.notified();
            if self.get() >= count {
                break;
            }
            arrived.await;
        }
    }
}

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [events, listeners, rounds] = &arguments[..] else {
        return Err("usage: webhooks EVENTS LISTENERS ROUNDS".into());
    };
    let (events, listeners, rounds): (usize, usize, u32) =
        (events.parse()?, listeners.parse()?, rounds.parse()?);
    // Without a file, loopback may be called.
    let config = Config::load(None, config::environment())?;
    let settings = Settings::from_config(&config.database);
    Store::migrate(&settings.backend)?;
    let store = Store::open(&settings, &Metrics::new("bench"))?;
    let done = actix_web::rt::System::new().block_on(async {
        let received = Received::default();
        let url = receive(received.clone())?;
        let bench = Bench::new(config, store.clone(), received, url);
        bench.subscribe(listeners).await?;
        for _ in 0..rounds {
            let bare = bench.post(events * listeners).await?;
            let ours = bench.deliver(events, listeners).await?;
            writeln!(std::io::stdout(), "{}", json!({ "rate": ours, "floor": bare }))?;
        }
        let times = bench.one_by_one(listeners).await?;
        writeln!(
            std::io::stdout(),
            "{}",
            json!({ "idle_p50_ms": times[SINGLE / 2], "idle_p99_ms": times[SINGLE * 99 / 100] })
        )?;
        Ok(())
    });
    store.close();
    done
}

/// Starts the receiver, which answers 204 to everything; its worker is a thread of its own.
fn receive(received: Received) -> Outcome<String> {
    let server = HttpServer::new(move || {
        let received = received.clone();
        App::new().default_service(web::to(move |_: web::Bytes| {
            received.count.fetch_add(1, Ordering::Relaxed);
            received.arrived.notify_one();
            std::future::ready(HttpResponse::NoContent().finish())
        }))
    });
    let server = server.workers(1).bind(("127.0.0.1", 0))?;
    let address = server.addrs()[0];
    actix_web::rt::spawn(server.run());
    Ok(format!("http://{address}/"))
}

struct Bench {
    config: Config,
    store: Store,
    reporter: Reporter,
    seal: Arc<ListenerSeal>,
    received: Received,
    url: String,
}

impl Bench {
    fn new(config: Config, store: Store, received: Received, url: String) -> Self {
        Self {
            reporter: Reporter::new(&config),
            seal: Arc::new(ListenerSeal::new(&config)),
            config,
            store,
            received,
            url,
        }
    }

    async fn subscribe(&self, listeners: usize) -> Outcome<()> {
        let seal = Arc::clone(&self.seal);
        let registrar = Registrar::new(&self.config, self.store.clone(), Clock::system(), seal);
        for number in 0..listeners {
            let members = json!({
                "notifier_type": "http",
                "notifier_config": {
                    "url": format!("{}{number}", self.url),
                    "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                },
                "event_types": ["*"],
            });
            let members = members.as_object().cloned().unwrap_or_default();
            registrar.create(Reach::Cloud, &members).await?;
        }
        Ok(())
    }

    /// The rate of a client that posts the same body, `[listeners] concurrency_per_listener` at a time.
    async fn post(&self, count: usize) -> Outcome<f64> {
        let event: serde_json::Value = serde_json::from_str(EVENT)?;
        let body =
            json!({ "event_type": event["event_type"], "payload": event["payload"], "call_report": null });
        let client = tidings_client::http::client(tidings_client::tls::unused()?, Duration::from_secs(15));
        let (body, client) = (body.to_string(), client.build()?);
        let (before, begun) = (self.received.get(), Instant::now());
        let left = Arc::new(AtomicUsize::new(count));
        let mut clients = JoinSet::new();
        for _ in 0..self.config.listeners.concurrency_per_listener {
            let (body, client, left, url) =
                (body.clone(), client.clone(), Arc::clone(&left), self.url.clone());
            clients.spawn(async move {
                let take = |left: usize| left.checked_sub(1);
                while left
                    .fetch_update(Ordering::Relaxed, Ordering::Relaxed, take)
                    .is_ok()
                {
                    let request = client.post(&url).header("content-type", "application/json");
                    request.body(body.clone()).send().await?.error_for_status()?;
                }
                Ok::<(), reqwest::Error>(())
            });
        }
        while let Some(done) = clients.join_next().await {
            done??;
        }
        self.received.reaches(before + count).await;
        Ok(rate(count, begun))
    }

    /// The rate at which events that wait are delivered.
    async fn deliver(&self, events: usize, listeners: usize) -> Outcome<f64> {
        let mut left = events;
        while left > 0 {
            let count = left.min(1000);
            self.report(count).await?;
            left -= count;
        }
        let before = self.received.get();
        let begun = Instant::now();
        let workers = self.start();
        self.received.reaches(before + events * listeners).await;
        let rate = rate(events * listeners, begun);
        workers.stop().await;
        Ok(rate)
    }

    /// The sorted milliseconds from the commit of an event to its arrival at the last listener.
    async fn one_by_one(&self, listeners: usize) -> Outcome<Vec<f64>> {
        let workers = self.start();
        let mut times = Vec::with_capacity(SINGLE);
        for _ in 0..SINGLE {
            let before = self.received.get();
            self.report(1).await?;
            let committed = Instant::now();
            self.received.reaches(before + listeners).await;
            times.push(committed.elapsed().as_secs_f64() * 1000.0);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        workers.stop().await;
        times.sort_by(f64::total_cmp);
        Ok(times)
    }

    fn start(&self) -> Workers {
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

    async fn report(&self, count: usize) -> Outcome<()> {
        let report: serde_json::Value = serde_json::from_str(EVENT)?;
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
        Ok(())
    }
}

#[expect(clippy::cast_precision_loss, reason = "a rate")]
fn rate(count: usize, begun: Instant) -> f64 {
    count as f64 / begun.elapsed().as_secs_f64()
}
