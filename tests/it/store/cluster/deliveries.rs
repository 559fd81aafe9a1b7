//! A listener whose events both servers deliver while nodes fail.

use std::collections::{HashMap, HashSet};
use std::io::Write;
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use serde_json::json;
use tidings::config::Config;
use tidings::delivery::{Deliverer, Registrar};
use tidings::event::Reporter;
use tidings::listener::{ListenerSeal, Reach};
use tidings::telemetry::ListenerMetrics;
use tidings::worker::{Task, Workers};
use uuid::Uuid;

use crate::support::http::{Request, SmallServer};
use crate::support::{TestApp, until};

/// The event's id and the message's resource of each request.
type Arrived = Vec<(String, String)>;

/// Attempts in flight of two servers, by the default of `[listeners] concurrency_per_listener`.
const IN_FLIGHT: usize = 2 * 32;

/// Longer than claims last.
const LEASE_AND_MORE: Duration = Duration::from_secs(61);

/// A listener that gets an event for each recorded message.
pub struct Listening {
    receiver: SmallServer<Arrived>,
    workers: Vec<Workers>,
}

impl Listening {
    /// Creates the listener, and starts to deliver on both servers.
    pub async fn start(apps: &[TestApp; 2]) -> Self {
        let receiver = SmallServer::start(Arrived::new(), receive);
        let (config, seal) = (Config::default(), Arc::new(ListenerSeal::temporary().unwrap()));
        let [first, _] = apps;
        let registrar = Registrar::new(
            &config,
            first.store.clone(),
            first.clock.clock(),
            Arc::clone(&seal),
        );
        let members = json!({
            "notifier_type": "http",
            "notifier_config": { "url": receiver.url() },
            "event_types": ["message.create"],
        });
        let members = members.as_object().unwrap();
        registrar.create(Reach::Cloud, members).await.unwrap();
        let workers = apps.iter().map(|app| {
            // Delivered ones stay until they are purged.
            app.leave_events();
            let deliverer = Deliverer::new(
                &config,
                app.store.clone(),
                app.clock.clock(),
                Reporter::new(&config),
                Arc::clone(&seal),
                ListenerMetrics::default(),
            );
            let workers = Workers::new(|_| Counter::default());
            workers.start([Task::new("listeners", deliverer)]);
            workers
        });
        Self {
            receiver,
            workers: workers.collect(),
        }
    }

    /// Expects an event for each of these resources, and that only attempts that an outage or the end of a lease interrupted are
    /// repeated, with the same id.
    pub async fn assert_arrived(&self, apps: &[TestApp; 2], recorded: &[Uuid]) {
        // A claim whose commit was not answered is taken over after its lease.
        for app in apps {
            app.clock.advance(LEASE_AND_MORE);
        }
        until("every event", async || {
            let arrived = self.receiver.state();
            let resources: HashSet<&str> = arrived.iter().map(|(_, resource)| resource.as_str()).collect();
            recorded
                .iter()
                .all(|resource| resources.contains(resource.to_string().as_str()))
        })
        .await;
        let arrived = self.receiver.state();
        let mut events: HashMap<&str, &str> = HashMap::new();
        for (event, resource) in &*arrived {
            let first = *events.entry(resource).or_insert(event);
            assert_eq!(first, event, "the event about {resource} has two ids");
        }
        let doubles = arrived.len() - events.len();
        assert!(
            doubles <= 2 * IN_FLIGHT,
            "{doubles} of {} came twice",
            events.len()
        );
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.workers.iter().for_each(Workers::cancel);
    }
}

fn receive(mut stream: &TcpStream, arrived: &Mutex<Arrived>) -> Option<()> {
    let request = Request::read(stream)?;
    let id = request.headers.get("webhook-id")?.clone();
    let resource = request.json()["payload"]["resource_uuid"].as_str()?.to_owned();
    arrived.lock().unwrap().push((id, resource));
    stream
        .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        .ok()
}
