//! Listeners.

mod access;
mod deliveries;
mod names;
mod pull;
mod secrets;
mod settings;
mod unusable;

use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::sync::{Arc, Mutex};

use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;
use tidings::config::Config;
use tidings::delivery::Deliverer;
use tidings::event::Reporter;
use tidings::listener::ListenerSeal;
use tidings::telemetry::Metrics;
use tidings::worker::{Task, Workers};

use crate::support::http::{Request, SmallServer};
use crate::support::{Actor, Answer, TestApp, until};

/// A server that may keep secrets.
struct Listening {
    app: TestApp,
    keys: TempDir,
}

impl Listening {
    fn start() -> Self {
        Self::with(&[])
    }

    fn with(options: &[(&str, &str)]) -> Self {
        let keys = TempDir::new().unwrap();
        let file = keys.path().join("keys");
        fs::write(&file, "a key of the tests that is long enough for listeners\n").unwrap();
        let permissions = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        fs::set_permissions(&file, permissions).unwrap();
        let file = [("OS_SECRETS__KEY_FILE", file.to_str().unwrap())];
        let app = TestApp::with_options(&[options, &file].concat());
        app.leave_events();
        Self { app, keys }
    }

    /// Delivers to listeners until the test ends.
    fn deliver(&self) {
        let file = self.keys.path().join("keys").to_str().unwrap().to_owned();
        let option = ("OS_SECRETS__KEY_FILE".to_owned(), file);
        let mut config = Config::load(None, std::iter::once(option)).unwrap();
        config.database.connection = self.app.database.connection();
        let (store, clock) = (self.app.store.clone(), self.app.clock.clock());
        let (seal, metrics) = (Arc::new(ListenerSeal::new(&config)), Metrics::new("test"));
        let reporter = Reporter::new(&config);
        let deliverer = Deliverer::new(&config, store, clock, reporter, seal, metrics.listeners.clone());
        let workers = Workers::new(metrics.workers.counter());
        workers.start([Task::new("listeners", deliverer)]);
    }

    /// Records a message of a project.
    async fn record(&self, project: &str) {
        let message = json!({ "message": { "event_id": "VOLUME_000002" } });
        let answer = self.app.service().post(project, &message).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
    }
}

/// Sends a request about listeners of the actor's project.
async fn call(actor: &Actor, method: Method, below: &str, body: &Value) -> Answer {
    let request = actor.request(method, &format!("/v3/{}/listeners{below}", actor.project));
    let request = request.header("Content-Type", "application/json");
    actor.send(request.body(body.to_string())).await
}

async fn get(actor: &Actor, below: &str) -> Answer {
    actor
        .get(&format!("/v3/{}/listeners{below}", actor.project))
        .await
}

async fn post(actor: &Actor, below: &str, body: &Value) -> Answer {
    call(actor, Method::POST, below, body).await
}

/// Creates a listener and returns its id.
async fn created(actor: &Actor, listener: &Value) -> String {
    let answer = post(actor, "", &json!({ "listener": listener })).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json()["listener"]["id"].as_str().unwrap().to_owned()
}

fn http(url: &str) -> Value {
    json!({ "notifier_type": "http", "notifier_config": { "url": url }, "event_types": ["message.*"] })
}

fn pull() -> Value {
    json!({ "notifier_type": "pull", "event_types": ["message.*"] })
}

/// What a receiver got, and how it answers.
struct Receiver {
    status: u16,
    requests: Vec<Request>,
}

fn receiver() -> SmallServer<Receiver> {
    let state = Receiver {
        status: 200,
        requests: Vec::new(),
    };
    SmallServer::start(state, |mut stream: &TcpStream, state: &Mutex<Receiver>| {
        let request = Request::read(stream)?;
        let mut state = state.lock().unwrap();
        state.requests.push(request);
        let answer = format!("HTTP/1.1 {} X\r\nContent-Length: 5\r\n\r\nheard", state.status);
        stream.write_all(answer.as_bytes()).ok()
    })
}

/// Waits for the first delivery of a listener in a state and returns it.
async fn delivery(actor: &Actor, id: &str, state: &str) -> Value {
    let mut found = Value::Null;
    until("a delivery in this state", async || {
        let page = get(actor, &format!("/{id}/deliveries?state={state}"))
            .await
            .json();
        found = page["deliveries"][0].clone();
        !found.is_null()
    })
    .await;
    found
}
