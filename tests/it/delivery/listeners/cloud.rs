//! A receiver of webhooks, and a server that delivers to it.

use std::io::Write;
use std::sync::Arc;

use prometheus_client::metrics::counter::Counter;
use serde_json::{Map, Value, json};
use tidings::clock::ManualClock;
use tidings::config::Config;
use tidings::delivery::{Deliverer, Registrar};
use tidings::event::{Origin, Reporter};
use tidings::listener::{Listener, ListenerSeal, Reach};
use tidings::store::delivery::{self, AttemptRecord, DeliveryRecord};
use tidings::store::{Batch, Store};
use tidings::telemetry::ListenerMetrics;
use tidings::worker::{Task, Workers};
use uuid::Uuid;

use crate::support::http::{Request, SmallServer};
use crate::support::{TestApp, until};

/// A receiver of webhooks, which answers what it is told.
pub struct Receiver(pub SmallServer<Script>);

#[derive(Default)]
pub struct Script {
    /// The status line and headers of answers.
    pub answer: String,
    pub got: Vec<Request>,
}

impl Receiver {
    pub fn start() -> Self {
        let script = Script {
            answer: "200 OK".to_owned(),
            ..Script::default()
        };
        Self(SmallServer::start(script, |mut stream, script| {
            let request = Request::read(stream)?;
            let mut script = script.lock().unwrap();
            script.got.push(request);
            write!(stream, "HTTP/1.1 {}\r\nContent-Length: 0\r\n\r\n", script.answer).ok()
        }))
    }

    pub fn url(&self) -> String {
        format!("{}/hook", self.0.url())
    }

    /// Answers with this status line and these headers from now on.
    pub fn answer(&self, lines: &str) {
        lines.clone_into(&mut self.0.state().answer);
    }

    pub fn count(&self) -> usize {
        self.0.state().got.len()
    }
}

/// A server without an API, which only delivers.
pub struct Cloud {
    pub app: TestApp,
    pub clock: ManualClock,
    pub registrar: Registrar,
    pub reporter: Reporter,
    workers: Workers,
}

impl Cloud {
    pub fn start() -> Self {
        Self::with(|_| ())
    }

    pub fn with(change: impl FnOnce(&mut Config)) -> Self {
        let app = TestApp::start();
        let mut config = Config::default();
        config.database.connection = app.database.connection();
        change(&mut config);
        let (store, clock) = (app.store.clone(), app.clock.clone());
        let seal = Arc::new(ListenerSeal::temporary().unwrap());
        let reporter = Reporter::new(&config);
        let registrar = Registrar::new(&config, store.clone(), clock.clock(), Arc::clone(&seal));
        let deliverer = Deliverer::new(
            &config,
            store,
            clock.clock(),
            reporter.clone(),
            seal,
            ListenerMetrics::default(),
        );
        let workers = Workers::new(|_| Counter::default());
        workers.start([Task::new("listeners", deliverer)]);
        Self {
            app,
            clock,
            registrar,
            reporter,
            workers,
        }
    }

    pub fn store(&self) -> &Store {
        &self.app.store
    }

    pub async fn listener(&self, reach: Reach, members: Value) -> Listener {
        let members: Map<String, Value> = serde_json::from_value(members).unwrap();
        self.registrar.create(reach, &members).await.unwrap().0
    }

    pub async fn webhook(&self, receiver: &Receiver) -> Listener {
        let members = json!({
            "notifier_type": "http",
            "notifier_config": { "url": receiver.url() },
            "event_types": ["message.*"],
            "retry": [5, 300],
        });
        self.listener(Reach::Project("p1".to_owned()), members).await
    }

    /// Reports that a message of the project was deleted.
    pub async fn report(&self, project: &str) {
        let (origin, now) = (Origin::of(project, "req-1"), self.clock.clock().now());
        let id = Uuid::now_v7();
        let batch = || Batch {
            events: self.reporter.deleted([(id, origin)].into_iter(), now),
            ..Batch::default()
        };
        self.store().record(batch).await.unwrap();
    }

    /// The same for many messages, in one transaction.
    pub async fn report_many(&self, count: usize) {
        let (origin, now) = (Origin::of("p1", "req-1"), self.clock.clock().now());
        let ids: Vec<Uuid> = (0..count).map(|_| Uuid::now_v7()).collect();
        let batch = || Batch {
            events: self.reporter.deleted(ids.iter().map(|id| (*id, origin)), now),
            ..Batch::default()
        };
        self.store().record(batch).await.unwrap();
    }

    pub async fn deliveries(&self, listener: &Listener) -> Vec<DeliveryRecord> {
        let id = listener.id;
        let read = self
            .store()
            .read(move |read| delivery::page(read, id, None, None, 100));
        let page = read.await.unwrap().deliveries;
        page.into_iter().map(|(record, _)| record).collect()
    }

    pub async fn attempts(&self, listener: &Listener) -> Vec<AttemptRecord> {
        let (id, event) = (listener.id, self.deliveries(listener).await[0].event);
        let read = self.store().read(move |read| delivery::attempts(read, id, event));
        read.await.unwrap()
    }

    /// Waits until the newest delivery has this many attempts, and returns it.
    pub async fn tried(&self, listener: &Listener, attempts: usize) -> DeliveryRecord {
        let is_tried = async || {
            let newest = self.deliveries(listener).await;
            newest.first().is_some_and(|newest| newest.attempts == attempts)
        };
        until("the attempt", is_tried).await;
        self.deliveries(listener).await.remove(0)
    }

    pub async fn shown(&self, listener: &Listener) -> Listener {
        self.registrar.show(listener.id).await.unwrap()
    }
}

impl Drop for Cloud {
    fn drop(&mut self) {
        self.workers.cancel();
        self.app.leave_events();
    }
}
