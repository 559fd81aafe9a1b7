//! A separate server for each test.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;

use tidings::api::{Server, Stop};
use tidings::clock::ManualClock;
use tidings::config::{Bind, Config};
use tidings::event::{Envelope, Outgoing, Reporter, Sinks};
use tidings::listener::ListenerSeal;
use tidings::message::Message;
use tidings::store::{Limits, Settings, Store};
use tidings::telemetry::Metrics;

use super::{Actor, Database, Fresh, NOW, until};

/// A running server with an empty database, stopped and removed when dropped.
pub struct TestApp {
    pub store: Store,
    pub clock: ManualClock,
    pub base: String,
    /// Whether undelivered events are allowed at the end.
    leaves_events: AtomicBool,
    stop: Stop,
    thread: Option<JoinHandle<()>>,
    pub database: Arc<Fresh>,
}

impl TestApp {
    pub fn start() -> Self {
        Self::with(|_| ())
    }

    /// Starts with options set in the environment.
    pub fn with_options(options: &[(&str, &str)]) -> Self {
        let options = options
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let loaded = Config::load(None, options).unwrap();
        Self::with(|config| *config = loaded)
    }

    /// Starts with a changed configuration.
    pub fn with(change: impl FnOnce(&mut Config)) -> Self {
        Self::start_on(
            Arc::new(Fresh::new()),
            ManualClock::new(NOW),
            Limits::default(),
            change,
        )
    }

    /// Starts with limits for reads, and three reader threads.
    pub fn limited(limits: Limits) -> Self {
        let loaded =
            Config::load(None, [("OS_EVENTS__KEEP".to_owned(), "7".to_owned())].into_iter()).unwrap();
        Self::start_on(Arc::new(Fresh::new()), ManualClock::new(NOW), limits, |config| {
            *config = loaded;
            config.database.max_pool_size = 3;
        })
    }

    /// Starts on a database of the test's own.
    pub fn at(database: Fresh) -> Self {
        Self::start_on(
            Arc::new(database),
            ManualClock::new(NOW),
            Limits::default(),
            |_| (),
        )
    }

    /// Starts another server with the same database and clock.
    pub fn beside(&self, options: &[(&str, &str)]) -> Self {
        let options = options
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let loaded = Config::load(None, options).unwrap();
        Self::start_on(
            Arc::clone(&self.database),
            self.clock.clone(),
            Limits::default(),
            |config| {
                *config = loaded;
            },
        )
    }

    /// Starts on a database that others may use too.
    #[cfg(feature = "mysql")]
    pub fn on(url: &str) -> Self {
        Self::on_with(url, &[])
    }

    /// The same, with options set in the environment.
    #[cfg(feature = "mysql")]
    pub fn on_with(url: &str, options: &[(&str, &str)]) -> Self {
        let options = options
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let loaded = Config::load(None, options).unwrap();
        Self::start_on(
            Arc::new(Fresh::at(url)),
            ManualClock::new(NOW),
            Limits::default(),
            |config| *config = loaded,
        )
    }

    fn start_on(
        database: Arc<Fresh>,
        hand: ManualClock,
        limits: Limits,
        change: impl FnOnce(&mut Config),
    ) -> Self {
        let clock = hand.clock();
        // The tests' client uses plain HTTP, but needs a TLS provider to be created.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let mut config = Config::default();
        change(&mut config);
        config.database.connection = database.connection();
        config.api.bind = Bind::new("127.0.0.1", 0);
        config.api.workers = 2;
        config.general.access_log = false;
        let settings = Settings {
            limits,
            ..Settings::from_config(&config.database)
        };
        let metrics = Metrics::new("test");
        Store::migrate(&settings.backend).unwrap();
        let store = Store::open(&settings, &metrics).unwrap();
        let (sender, started) = mpsc::channel();
        let store_of_server = store.clone();
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let reporter = Reporter::new(&config);
                let seal = Arc::new(ListenerSeal::new(&config));
                let server = Server::bind(config, store_of_server, clock, metrics, reporter, seal).unwrap();
                sender.send((server.addresses()[0], server.stopper())).unwrap();
                server.run().await.unwrap();
            });
        });
        let (address, stop) = started.recv().unwrap();
        let base = format!("http://{address}");
        Self {
            store,
            clock: hand,
            base,
            leaves_events: AtomicBool::new(false),
            stop,
            thread: Some(thread),
            database,
        }
    }

    /// Returns a caller who may read and delete in a project.
    pub fn member(&self, project: &str) -> Actor {
        self.actor(project, "member")
    }

    /// Returns a caller who may read in a project.
    pub fn reader(&self, project: &str) -> Actor {
        self.actor(project, "reader")
    }

    pub fn admin(&self, project: &str) -> Actor {
        self.actor(project, "admin")
    }

    /// Returns a backend service, which may record for every project.
    pub fn service(&self) -> Actor {
        self.actor("services", "service")
    }

    /// Returns a caller with only these roles.
    pub fn actor(&self, project: &str, roles: &str) -> Actor {
        Actor::new(&self.base, project, Some(format!("somebody:{project}:{roles}")))
    }

    /// Returns a caller without a token.
    pub fn anonymous(&self) -> Actor {
        Actor::new(&self.base, "p1", None)
    }

    /// Returns the integer metrics without labels, by name.
    pub async fn figures(&self) -> HashMap<String, u64> {
        let text = self.anonymous().get("/metrics").await.text;
        let pairs = text.lines().filter_map(|line| line.split_once(' '));
        pairs
            .filter_map(|(name, value)| Some((name.to_owned(), value.parse().ok()?)))
            .collect()
    }

    /// The rows read so far, without those of a count of all messages that a first scrape has begun and that still runs.
    pub async fn rows_read(&self) -> u64 {
        let counted = async || self.figures().await.contains_key("tidings_messages");
        until("the count of all messages", counted).await;
        self.figures().await["tidings_store_rows_read_total"]
    }

    /// Inserts events into the audit history.
    pub async fn keep(&self, events: Vec<Envelope>) {
        let outgoing = Outgoing {
            events: events.into(),
            sinks: Arc::new(Sinks {
                keeps: true,
                ..Sinks::default()
            }),
            ..Outgoing::default()
        };
        self.store
            .write(move |tx| tidings::store::delivery::add(tx, &outgoing))
            .await
            .unwrap();
    }

    /// Allows the test to end with undelivered events.
    pub fn leave_events(&self) {
        self.leaves_events.store(true, Ordering::Relaxed);
    }

    /// Fails a test that left events undelivered.
    fn assert_delivered(&self) {
        // Errors caused by what a test did to its database do not count.
        let count = Database::try_open(self.database.url())
            .map(|mut database| database.try_count("deliveries").unwrap_or_default())
            .unwrap_or_default();
        assert!(
            self.leaves_events.load(Ordering::Relaxed) || count == 0,
            "{count} deliveries of events are left over"
        );
    }

    /// Inserts messages into the store.
    pub async fn import(&self, messages: &[Message]) {
        let messages = messages.to_vec();
        self.store
            .write(move |tx| tidings::store::message::import(tx, &messages))
            .await
            .unwrap();
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        let stop = self.stop.clone();
        // A server that does not stop would hang the test, which is at least a visible failure.
        std::thread::spawn(move || {
            tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap()
                .block_on(stop.stop());
        })
        .join()
        .unwrap();
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
        self.store.close();
        if !std::thread::panicking() {
            self.assert_delivered();
        }
    }
}
