//! A node that fails under load.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::{join, join_all};
use tidings::message::{Query, Scope};
use tidings::store::message::list;

use super::{Cluster, assert_unavailable, made, post, show};
use crate::support::{Actor, TestApp};

/// Clients of both servers, until they are told to stop.
struct Load {
    stop: Arc<AtomicBool>,
    clients: Vec<tokio::task::JoinHandle<(Vec<String>, usize)>>,
}

impl Load {
    fn on(apps: &[TestApp; 2]) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let clients = (0..8_usize).map(|client| {
            let (service, stop) = (apps[client % 2].service(), stop.clone());
            tokio::spawn(async move { record(&service, &stop).await })
        });
        let clients = clients.collect();
        Self { stop, clients }
    }

    /// What was answered 201, and how often the answer was 503.
    async fn end(self) -> (Vec<String>, usize) {
        self.stop.store(true, Ordering::Relaxed);
        let done = join_all(self.clients).await.into_iter().map(Result::unwrap);
        done.fold((Vec::new(), 0), |(mut all, refused), (recorded, more)| {
            all.extend(recorded);
            (all, refused + more)
        })
    }
}

async fn record(service: &Actor, stop: &AtomicBool) -> (Vec<String>, usize) {
    let body = serde_json::json!({ "message": { "event_id": "VOLUME_000002" } });
    let (mut recorded, mut refused) = (Vec::new(), 0);
    while !stop.load(Ordering::Relaxed) {
        let answer = service.post("p1", &body).await;
        if answer.status == 201 {
            recorded.push(made(&answer));
        } else {
            assert_unavailable(&answer);
            refused += 1;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    (recorded, refused)
}

/// The ids of all messages that a server finds.
async fn kept(app: &TestApp) -> HashSet<String> {
    let read = app.store.read(|conn| {
        let mut ids = HashSet::new();
        let all = Query::newest(Scope::Project("p1".to_owned()), i64::MAX);
        list(conn, &all, &mut |row| {
            ids.insert(row.id.to_string());
        })?;
        Ok(ids)
    });
    read.await.unwrap()
}

/// Records a message, as a caller does that comes back after a 503.
async fn post_soon(app: &TestApp) -> String {
    let started = Instant::now();
    loop {
        let answer = post(app).await;
        if answer.status == 201 {
            return made(&answer);
        }
        assert_unavailable(&answer);
        assert!(started.elapsed() < Duration::from_secs(30), "503 for 30 s");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Reads a message for a while and gives how often it was shown.
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
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    shown
}

/// Breaks node 2 under load, mends it, and looks for everything that was acknowledged.
async fn survive(break_it: impl FnOnce(&Cluster), mend: impl FnOnce(&Cluster)) {
    let Some(cluster) = Cluster::new() else { return };
    let apps = [cluster.app(1), cluster.app(2)];
    let load = Load::on(&apps);
    tokio::time::sleep(Duration::from_millis(700)).await;
    let before = post_soon(&apps[0]).await;
    break_it(&cluster);
    // The rest of the cluster goes on: at the latest when it has given up the node, after its timeout of 2 s. Reads wait
    // for that, too, since they are to find what the other nodes committed.
    let (reads, _) = join(read_on(&apps[0], &before), post_soon(&apps[0])).await;
    assert!(reads > 10, "{reads} reads");
    mend(&cluster);
    cluster.node("await", "2", &["3"]);
    post_soon(&apps[1]).await;
    let (recorded, refused) = load.end().await;
    assert!(
        recorded.len() > 100,
        "{} recorded, {refused} refused",
        recorded.len()
    );
    for app in &apps {
        let kept = kept(app).await;
        let lost = recorded.iter().filter(|id| !kept.contains(*id)).count();
        assert_eq!(lost, 0, "of {}", recorded.len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_node_takes_nothing_with_it() {
    survive(
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
    survive(|cluster| isolate(cluster, 1), |cluster| isolate(cluster, 0)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_hangs_holds_nobody_else_up() {
    survive(
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
    tokio::time::sleep(Duration::from_secs(5)).await;
    for _ in 0..5 {
        let started = Instant::now();
        assert_unavailable(&post(&app).await);
        assert_unavailable(&show(&app, &before).await);
        assert_unavailable(&app.member("p1").list("").await);
        assert!(
            started.elapsed() < Duration::from_secs(2),
            "{:?}",
            started.elapsed()
        );
    }
    // An operator who knows that the others are gone declares what is left to be the cluster.
    cluster.sql("1", "SET GLOBAL wsrep_provider_options = 'pc.bootstrap=1'");
    post_soon(&app).await;
    assert_eq!(show(&app, &before).await.status, 200);
    cluster.node("restart", "2", &[]);
    cluster.node("restart", "3", &[]);
    cluster.node("await", "1", &["3"]);
}
