//! Members' e-mail listeners: no event is mailed to an address whose owner has not agreed.

mod limits;
mod links;
mod mailing;
mod pages;
mod whole_way;

use std::sync::Arc;

use reqwest::Method;
use serde_json::{Value, json};
use tidings::config::Config;
use tidings::delivery::{Asker, Deliverer};
use tidings::event::Reporter;
use tidings::listener::ListenerSeal;
use tidings::telemetry::Metrics;
use tidings::worker::{Next, Task, Worker, Workers};
use tokio_util::sync::CancellationToken;

use crate::delivery::email::mail_host::MailHost;
use crate::support::{Actor, Answer, Browser, TestApp};

/// What precedes the path of every link.
const ENDPOINT: &str = "https://cloud.example.org/news";

const HOUR: i64 = 3_600_000_000;
const DAY: i64 = 24 * HOUR;

/// A server with a mail server.
struct Cloud {
    app: TestApp,
    host: MailHost,
    options: Vec<(&'static str, String)>,
}

impl Cloud {
    async fn start() -> Self {
        Self::with(&[]).await
    }

    async fn with(further: &[(&'static str, &str)]) -> Self {
        let host = MailHost::start(&[]).await;
        let port = host.port.to_string();
        let own = [
            ("OS_API__PUBLIC_ENDPOINT", ENDPOINT),
            ("OS_EMAIL__ENABLED", "true"),
            ("OS_EMAIL__HOST", "127.0.0.1"),
            ("OS_EMAIL__PORT", &port),
            ("OS_EMAIL__FROM", "no-reply@cloud.example.org"),
        ];
        let options: Vec<_> = own.into_iter().chain(further.iter().copied()).collect();
        let app = TestApp::with_options(&options);
        app.leave_events();
        let options = options.into_iter().map(|(name, value)| (name, value.to_owned()));
        Self {
            options: options.collect(),
            app,
            host,
        }
    }

    /// Another server on the same database.
    fn beside(&self) -> TestApp {
        let options: Vec<_> = self
            .options
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let app = self.app.beside(&options);
        app.leave_events();
        app
    }

    fn config(&self) -> Config {
        let options = self
            .options
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()));
        let mut config = Config::load(None, options).unwrap();
        config.database.connection = self.app.database.connection();
        config
    }

    /// The worker that asks, as another process would have it.
    fn asker(&self) -> Asker {
        let config = self.config();
        let seal = Arc::new(ListenerSeal::new(&config));
        let asker = Asker::new(&config, self.app.store.clone(), self.app.clock.clock(), seal);
        asker.unwrap().unwrap()
    }

    /// Mails everything that is due.
    async fn ask(&self) {
        ask_all(&mut self.asker()).await;
    }

    /// Delivers to listeners until the test ends.
    fn deliver(&self) {
        let config = self.config();
        let metrics = Metrics::new("test");
        let deliverer = Deliverer::new(
            &config,
            self.app.store.clone(),
            self.app.clock.clock(),
            Reporter::new(&config),
            Arc::new(ListenerSeal::new(&config)),
            metrics.listeners.clone(),
        );
        Workers::new(metrics.workers.counter()).start([Task::new("listeners", deliverer)]);
    }

    /// Records a message of a project.
    async fn record(&self, project: &str) {
        let message = json!({ "message": { "event_id": "VOLUME_000002" } });
        let answer = self.app.service().post(project, &message).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
    }

    /// Creates a listener as a member of a project, and returns its id.
    async fn create(&self, project: &str, addresses: &[&str]) -> String {
        let answer = post(&self.app.member(project), "", &mails(addresses)).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        answer.json()["listener"]["id"].as_str().unwrap().to_owned()
    }

    /// The states of a listener's recipients.
    async fn states(&self, project: &str, id: &str) -> Vec<String> {
        let shown = get(&self.app.member(project), &format!("/{id}")).await.json();
        let confirmations = shown["listener"]["confirmations"].as_array().unwrap();
        let state = |confirmation: &Value| confirmation["state"].as_str().unwrap().to_owned();
        confirmations.iter().map(state).collect()
    }

    /// The paths of the links that were mailed, below the endpoint.
    fn links(&self) -> Vec<String> {
        // Long lines are encoded as quoted-printable.
        let text = self
            .host
            .heard("")
            .join("\n")
            .replace("=\n", "")
            .replace("=3D", "=");
        let links = text.lines().filter_map(|line| line.strip_prefix(ENDPOINT));
        links.map(str::to_owned).collect()
    }

    /// Whom requests were mailed to.
    fn asked(&self) -> Vec<String> {
        self.host.heard("To: ")
    }

    fn browser(&self) -> Browser {
        Browser::new(&self.app.base)
    }

    /// Presses a button of the page behind a link.
    async fn press(&self, link: &str, decision: &str) -> Answer {
        press(&mut self.browser(), link, decision).await
    }
}

async fn press(browser: &mut Browser, link: &str, decision: &str) -> Answer {
    let (path, query) = link.split_once('?').unwrap();
    let (_, token) = query.split_once("token=").unwrap();
    browser
        .post(path, &[("token", token), ("decision", decision)])
        .await
}

async fn ask_all(asker: &mut Asker) {
    let stop = CancellationToken::new();
    while let Next::Step = asker.step(&stop).await {}
}

/// A listener for messages that mails to these addresses.
fn mails(addresses: &[&str]) -> Value {
    json!({
        "notifier_type": "email",
        "notifier_config": { "subject": "Messages", "addresses": addresses },
        "event_types": ["message.*"],
    })
}

async fn call(actor: &Actor, method: Method, below: &str, listener: &Value) -> Answer {
    let request = actor.request(method, &format!("/v3/{}/listeners{below}", actor.project));
    let body = json!({ "listener": listener }).to_string();
    actor
        .send(request.header("Content-Type", "application/json").body(body))
        .await
}

async fn post(actor: &Actor, below: &str, listener: &Value) -> Answer {
    call(actor, Method::POST, below, listener).await
}

async fn put(actor: &Actor, id: &str, changes: &Value) -> Answer {
    let answer = call(actor, Method::PUT, &format!("/{id}"), changes).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer
}

async fn get(actor: &Actor, below: &str) -> Answer {
    actor
        .get(&format!("/v3/{}/listeners{below}", actor.project))
        .await
}
