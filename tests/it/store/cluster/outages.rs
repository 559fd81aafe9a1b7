//! A node that fails under load.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::{join, join_all};
use serde_json::json;
use tidings::message::{Query, Scope};
use tidings::store::message::list;
use uuid::Uuid;

use super::deliveries::Listening;
use super::{Cluster, assert_unavailable, made, post, show};
use crate::support::{AT_ONCE, Actor, TestApp, let_pass};

/// Clients of both servers, until they are stopped.
struct Load {
    stop: Arc<AtomicBool>,
    clients: Vec<tokio::task::JoinHandle<Tally>>,
}

/// The outcome of the messages, each of which has its own resource.
#[derive(Default)]
struct Tally {
    /// Those answered with 201.
    recorded: Vec<Uuid>,
    /// Those answered with 503 and not resent.
    refused: Vec<Uuid>,
}

impl Load {
    /// Half of the clients retry refused messages with their idempotency keys, half move on to the next message.
    fn on(apps: &[TestApp; 2]) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let clients = (0..8_usize).map(|client| {
            let (service, stop) = (apps[client % 2].service(), stop.clone());
            tokio::spawn(async move { record(&service, client < 4, &stop).await })
        });
        let clients = clients.collect();
        Self { stop, clients }
    }

    async fn end(self) -> Tally {
        self.stop.store(true, Ordering::Relaxed);
        let mut all = Tally::default();
        for done in join_all(self.clients).await {
            let Tally { recorded, refused } = done.unwrap();
            all.recorded.extend(recorded);
            all.refused.extend(refused);
        }
        all
    }
}

async fn record(service: &Actor, is_repeating: bool, stop: &AtomicBool) -> Tally {
    let mut tally = Tally::default();
    let mut resource = Uuid::new_v4();
    while !stop.load(Ordering::Relaxed) {
        let message = json!({ "event_id": "VOLUME_000002", "resource_type": "VOLUME", "resource_uuid": resource.to_string() });
        let body = json!({ "message": message });
        let answer = if is_repeating {
            service.post_once("p1", &resource.to_string(), &body).await
        } else {
            service.post("p1", &body).await
        };
        if answer.status == 201 {
            tally.recorded.push(resource);
        } else {
            assert_unavailable(&answer);
            let_pass(Duration::from_millis(20)).await;
            if is_repeating {
                continue;
            }
            tally.refused.push(resource);
        }
        resource = Uuid::new_v4();
    }
    tally
}

/// Counts the messages of each resource that a server finds.
async fn kept(app: &TestApp) -> HashMap<String, usize> {
    let read = app.store.read(|conn| {
        let mut counts = HashMap::new();
        let all = Query::newest(Scope::Project("p1".to_owned()), i64::MAX);
        list(conn, &all, &mut |row| {
            *counts
                .entry(row.resource_uuid().unwrap_or_default().to_owned())
                .or_default() += 1;
        })?;
        Ok(counts)
    });
    read.await.unwrap()
}

/// Records a message like a caller that retries after a 503.
async fn post_soon(app: &TestApp) -> String {
    let started = Instant::now();
    loop {
        let answer = post(app).await;
        if answer.status == 201 {
            return made(&answer);
        }
        assert_unavailable(&answer);
        assert!(started.elapsed() < Duration::from_secs(30), "503 for 30 s");
        let_pass(Duration::from_millis(100)).await;
    }
}

/// Reads a message repeatedly for a while and returns how often it was found.
async fn read_on(app: &TestApp, id: &str) -> usize {
    let started = Instant::now();
    let mut shown = 0;
    while started.elapsed() < Duration::from_secs(5) {
        let answer = show(app, id).await;
        if answer.status == 200 {
            shown += 1;
        } else {
            assert_unavailable(&answer);
        }
        let_pass(Duration::from_millis(50)).await;
    }
    shown
}

/// Breaks node 2 under load, repairs it, and looks for everything that was acknowledged, in the store and, if there
/// is to be one, at a listener.
async fn survive(has_listener: bool, break_it: impl FnOnce(&Cluster), mend: impl FnOnce(&Cluster)) {
    let Some(cluster) = Cluster::new() else { return };
    let apps = [cluster.app(1), cluster.app(2)];
    let listening = if has_listener {
        Some(Listening::start(&apps).await)
    } else {
        None
    };
    let load = Load::on(&apps);
    let_pass(Duration::from_millis(700)).await;
    let before = post_soon(&apps[0]).await;
    break_it(&cluster);
    // The rest of the cluster continues, at the latest when it gives up the node after its timeout of 2 s. Reads wait
    // for that too, since they must find what the other nodes committed.
    let (reads, _) = join(read_on(&apps[0], &before), post_soon(&apps[0])).await;
    assert!(reads > 10, "{reads} reads");
    mend(&cluster);
    cluster.node("await", "2", &["3"]);
    post_soon(&apps[1]).await;
    let Tally { recorded, refused } = load.end().await;
    assert!(
        recorded.len() > 100,
        "{} recorded, {} refused",
        recorded.len(),
        refused.len()
    );
    for app in &apps {
        let kept = kept(app).await;
        let count = |resource: &Uuid| kept.get(&resource.to_string()).copied().unwrap_or(0);
        let lost = recorded.iter().filter(|resource| count(resource) == 0).count();
        let doubled = recorded
            .iter()
            .chain(&refused)
            .filter(|resource| count(resource) > 1)
            .count();
        assert_eq!((lost, doubled), (0, 0), "of {}", recorded.len());
    }
    if let Some(listening) = listening {
        listening.assert_arrived(&apps, &recorded).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_node_takes_nothing_with_it() {
    survive(
        true,
        |cluster| cluster.node("kill", "2", &[]),
        |cluster| cluster.node("rejoin", "2", &[]),
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_isolated_node_refuses_until_it_is_back() {
    let isolate = |cluster: &Cluster, value: u8| {
        let set = format!("SET GLOBAL wsrep_provider_options = 'gmcast.isolate={value}'");
        cluster.sql("2", &set);
    };
    survive(
        false,
        |cluster| isolate(cluster, 1),
        |cluster| isolate(cluster, 0),
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_hangs_holds_nobody_else_up() {
    survive(
        false,
        |cluster| cluster.node("pause", "2", &[]),
        |cluster| cluster.node("resume", "2", &[]),
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_quorum_callers_are_told_to_come_back() {
    let Some(cluster) = Cluster::new() else { return };
    let app = cluster.app(1);
    let before = made(&post(&app).await);
    cluster.node("kill", "2", &[]);
    cluster.node("kill", "3", &[]);
    let_pass(Duration::from_secs(5)).await;
    for _ in 0..5 {
        let started = Instant::now();
        assert_unavailable(&post(&app).await);
        assert_unavailable(&show(&app, &before).await);
        assert_unavailable(&app.member("p1").list("").await);
        assert!(started.elapsed() < AT_ONCE, "{:?}", started.elapsed());
    }
    // An operator who knows that the others are gone declares the remaining node to be the cluster.
    cluster.sql("1", "SET GLOBAL wsrep_provider_options = 'pc.bootstrap=1'");
    post_soon(&app).await;
    assert_eq!(show(&app, &before).await.status, 200);
    cluster.node("restart", "2", &[]);
    cluster.node("restart", "3", &[]);
    cluster.node("await", "1", &["3"]);
}
