//! Two servers on two nodes of a Galera cluster. Only with `TEST_GALERA`, which `tests/steps/44-galera` sets: the
//! directory of the cluster, followed by the URL of each node.

mod conflicts;
mod deliveries;
mod outages;

use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::json;
use tidings::config::Config;
use tidings::store::Settings;
use uuid::Uuid;

use crate::support::{Answer, TestApp};

/// The tests break the same cluster, so they take turns.
static TURN: Mutex<()> = Mutex::new(());

struct Cluster {
    folder: String,
    nodes: Vec<String>,
    name: String,
    _turn: MutexGuard<'static, ()>,
}

impl Cluster {
    /// With an empty database on all nodes.
    fn new() -> Option<Self> {
        let text = std::env::var("TEST_GALERA").ok()?;
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let mut words = text.split_whitespace().map(str::to_owned);
        let cluster = Self {
            folder: words.next().unwrap(),
            nodes: words.collect(),
            name: format!("t_{}", Uuid::new_v4().simple()),
            _turn: turn,
        };
        cluster.sql("1", &format!("CREATE DATABASE {}", cluster.name));
        // The other nodes apply it a moment later.
        for node in ["2", "3"] {
            cluster.sql(node, "SET SESSION wsrep_sync_wait = 1; SHOW DATABASES");
        }
        Some(cluster)
    }

    /// Runs the cluster's script for a node.
    fn node(&self, action: &str, node: &str, more: &[&str]) {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/services/galera.sh");
        let mut command = Command::new(script);
        let ran = command
            .args([action, &self.folder, node])
            .args(more)
            .output()
            .unwrap();
        assert!(
            ran.status.success(),
            "{action} {node} {more:?}: {}",
            String::from_utf8_lossy(&ran.stderr)
        );
    }

    fn sql(&self, node: &str, text: &str) {
        self.node("sql", node, &[text]);
    }

    fn url(&self, node: usize) -> String {
        let (front, _) = self.nodes[node - 1].rsplit_once('/').unwrap();
        format!("{front}/{}?connect_timeout=2", self.name)
    }

    fn settings(&self, node: usize) -> Settings {
        let variable = ("OS_DATABASE__CONNECTION".to_owned(), self.url(node));
        Settings::from_config(&Config::load(None, std::iter::once(variable)).unwrap().database)
    }

    /// A server on a node.
    fn app(&self, node: usize) -> TestApp {
        TestApp::on(&self.url(node))
    }
}

/// Records a message of project `p1` as a service does.
async fn post(app: &TestApp) -> Answer {
    let body = json!({ "message": { "event_id": "VOLUME_000002" } });
    app.service().post("p1", &body).await
}

/// Returns the id of a recorded message.
#[track_caller]
fn made(answer: &Answer) -> String {
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json()["message"]["id"].as_str().unwrap().to_owned()
}

/// Reads it as a tenant does.
async fn show(app: &TestApp, id: &str) -> Answer {
    app.member("p1").show(id).await
}

/// Whether the store is unavailable and says when to retry.
#[track_caller]
fn assert_unavailable(answer: &Answer) {
    assert_eq!(answer.status, 503, "{}", answer.text);
    assert_eq!(answer.header("Retry-After"), "1");
}
