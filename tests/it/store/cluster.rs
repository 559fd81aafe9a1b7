//! Two servers on two nodes of a Galera cluster, and a node that fails. Only with `TEST_GALERA`, which
//! `tests/steps/44-galera` sets: the folder of the cluster, and behind it the URL of each node.

use std::collections::HashSet;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::future::{join, join_all};
use tidings::config::Config;
use tidings::message::Scope;
use tidings::store::message::{count, delete, show};
use tidings::store::{Batch, Error, Recorded, Settings, Store, lease};
use tidings::telemetry::Metrics;
use uuid::Uuid;

use crate::support::message;

/// The tests break the one cluster, so they take turns.
static TURN: Mutex<()> = Mutex::new(());

struct Cluster {
    folder: String,
    nodes: Vec<String>,
    name: String,
    _turn: MutexGuard<'static, ()>,
}

impl Cluster {
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

    /// Runs the cluster's script.
    fn run(arguments: &[&str]) -> String {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/services/galera.sh");
        let ran = Command::new(script).args(arguments).output().unwrap();
        assert!(
            ran.status.success(),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&ran.stderr)
        );
        String::from_utf8(ran.stdout).unwrap()
    }

    fn sql(&self, node: &str, text: &str) {
        Self::run(&["sql", &self.folder, node, text]);
    }

    fn node(&self, action: &str, node: &str) {
        Self::run(&[action, &self.folder, node]);
    }

    fn settings(&self, node: usize) -> Settings {
        let (front, _) = self.nodes[node - 1].rsplit_once('/').unwrap();
        let url = format!("{front}/{}?connect_timeout=2", self.name);
        let config =
            Config::load(None, std::iter::once(("OS_DATABASE__CONNECTION".to_owned(), url))).unwrap();
        Settings::from_config(&config.database)
    }

    fn open(&self, node: usize) -> Store {
        let settings = self.settings(node);
        Store::migrate(&settings.backend).unwrap();
        Store::open(&settings, &Metrics::new("test")).unwrap()
    }
}

async fn record(store: &Store) -> Result<Uuid, Error> {
    let message = message("p1", 0);
    let id = message.id;
    let recorded = store
        .record(Batch {
            messages: [message].into(),
            key: None,
        })
        .await?;
    assert_eq!(recorded, Recorded::New);
    Ok(id)
}

async fn has(store: &Store, id: Uuid) -> Result<bool, Error> {
    match store
        .read(move |conn| show(conn, &Scope::All, id).map(drop))
        .await
    {
        Ok(()) => Ok(true),
        Err(Error::NotFound) => Ok(false),
        Err(error) => Err(error),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hosts_on_different_nodes_migrate_at_once() {
    let Some(cluster) = Cluster::new() else { return };
    let threads: Vec<_> = (0..6)
        .map(|number| {
            let backend = cluster.settings(number % 3 + 1).backend;
            std::thread::spawn(move || Store::migrate(&backend).map(|ran| ran.len()))
        })
        .collect();
    let ran: Vec<_> = threads
        .into_iter()
        .map(|thread| thread.join().unwrap().unwrap())
        .collect();
    assert_eq!(ran.iter().filter(|count| **count > 0).count(), 1, "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_server_wrote_the_other_reads_and_deletes() {
    let Some(cluster) = Cluster::new() else { return };
    let (one, other) = (cluster.open(1), cluster.open(2));
    for _ in 0..150 {
        let id = record(&one).await.unwrap();
        assert_eq!(has(&other, id).await, Ok(true));
        other.write(move |tx| delete(tx, &Scope::All, id)).await.unwrap();
        assert_eq!(has(&one, id).await, Ok(false));
    }
    one.close();
    other.close();
}

/// Takes the one lease that all want, counting how often the transaction runs.
async fn take(store: &Store, runs: &Arc<AtomicUsize>, holder: String) -> Result<(), Error> {
    let runs = runs.clone();
    let taken = store.write(move |tx| {
        runs.fetch_add(1, Ordering::Relaxed);
        lease::take(tx, "contended", &holder, 10, 10)
    });
    taken.await
}

#[tokio::test(flavor = "multi_thread")]
async fn conflicts_between_nodes_are_run_again_and_nothing_is_lost_or_doubled() {
    let Some(cluster) = Cluster::new() else { return };
    let stores = [cluster.open(1), cluster.open(2)];
    let runs = Arc::new(AtomicUsize::new(0));
    // The same row from both nodes at once: certification fails one of them at COMMIT.
    let clients = (0..8_usize).map(|client| {
        let (store, runs) = (stores[client % 2].clone(), runs.clone());
        tokio::spawn(async move {
            let mut recorded = Vec::new();
            for round in 0..40 {
                recorded.push(record(&store).await.unwrap());
                // A caller that lost five times in a row is told so and may come again.
                while let Err(error) = take(&store, &runs, format!("{client} {round}")).await {
                    assert!(matches!(error, Error::Busy(_)), "{error}");
                }
            }
            recorded
        })
    });
    let recorded: Vec<Uuid> = join_all(clients)
        .await
        .into_iter()
        .flat_map(Result::unwrap)
        .collect();
    assert_eq!(recorded.iter().collect::<HashSet<_>>().len(), 320);
    assert!(
        runs.load(Ordering::Relaxed) > 320,
        "there was no conflict to speak of"
    );
    // Both delete all of it at once; each message is deleted exactly once.
    let deletes = recorded.iter().map(|id| {
        let id = *id;
        let both = [stores[0].clone(), stores[1].clone()];
        async move {
            let [one, other] =
                both.map(|store| async move { store.write(move |tx| delete(tx, &Scope::All, id)).await });
            join(one, other).await
        }
    });
    for outcome in join_all(deletes).await {
        assert!(
            matches!(
                outcome,
                (Ok(()), Err(Error::NotFound)) | (Err(Error::NotFound), Ok(()))
            ),
            "{outcome:?}"
        );
    }
    assert_eq!(stores[0].read(count).await, Ok(0));
    stores.iter().for_each(Store::close);
}

/// Clients record through every store until told to stop; gives what was acknowledged and how often it was not.
fn load(stores: &[Store], stop: &Arc<AtomicBool>) -> tokio::task::JoinHandle<(Vec<Uuid>, usize)> {
    let clients: Vec<_> = (0..8_usize)
        .map(|client| {
            let (store, stop) = (stores[client % stores.len()].clone(), stop.clone());
            tokio::spawn(async move {
                let (mut recorded, mut refused) = (Vec::new(), 0);
                while !stop.load(Ordering::Relaxed) {
                    match record(&store).await {
                        Ok(id) => recorded.push(id),
                        Err(Error::Unavailable(_) | Error::Busy(_)) => {
                            refused += 1;
                            tokio::time::sleep(Duration::from_millis(20)).await;
                        }
                        Err(error) => panic!("{error}"),
                    }
                }
                (recorded, refused)
            })
        })
        .collect();
    tokio::spawn(async move {
        let done = join_all(clients).await.into_iter().map(Result::unwrap);
        done.fold((Vec::new(), 0), |(mut all, refused), (recorded, more)| {
            all.extend(recorded);
            (all, refused + more)
        })
    })
}

/// Breaks node 2 under load, mends it, and looks for everything that was acknowledged.
async fn survive(break_it: impl FnOnce(&Cluster), mend: impl FnOnce(&Cluster)) {
    let Some(cluster) = Cluster::new() else { return };
    let stores = [cluster.open(1), cluster.open(2)];
    let stop = Arc::new(AtomicBool::new(false));
    let load = load(&stores, &stop);
    tokio::time::sleep(Duration::from_millis(700)).await;
    let before = record(&stores[0]).await.unwrap();
    break_it(&cluster);
    let broken = Instant::now();
    // The rest of the cluster goes on: at the latest when it has given up the node, after its timeout of 2 s.
    let mut reads = 0;
    while broken.elapsed() < Duration::from_secs(6) {
        assert_eq!(has(&stores[0], before).await, Ok(true));
        reads += 1;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(reads > 20, "{reads} reads in 6 s");
    record(&stores[0]).await.unwrap();
    mend(&cluster);
    Cluster::run(&["await", &cluster.folder, "2", "3"]);
    tokio::time::sleep(Duration::from_millis(1500)).await;
    record(&stores[1]).await.unwrap();
    stop.store(true, Ordering::Relaxed);
    let (recorded, refused) = load.await.unwrap();
    assert!(
        recorded.len() > 100,
        "{} recorded, {refused} refused",
        recorded.len()
    );
    for store in &stores {
        let kept = store.read(count).await.unwrap();
        assert!(
            kept >= i64::try_from(recorded.len()).unwrap() + 3,
            "{kept} of {}",
            recorded.len()
        );
        for id in recorded.iter().step_by(recorded.len() / 200 + 1) {
            assert_eq!(has(store, *id).await, Ok(true));
        }
    }
    stores.iter().for_each(Store::close);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_node_takes_nothing_with_it() {
    survive(
        |cluster| cluster.node("kill", "2"),
        |cluster| cluster.node("rejoin", "2"),
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_isolated_node_refuses_until_it_is_back() {
    let isolate = |cluster: &Cluster, value: u8| {
        cluster.sql(
            "2",
            &format!("SET GLOBAL wsrep_provider_options = 'gmcast.isolate={value}'"),
        );
    };
    survive(|cluster| isolate(cluster, 1), |cluster| isolate(cluster, 0)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_hangs_holds_nobody_else_up() {
    survive(
        |cluster| cluster.node("pause", "2"),
        |cluster| cluster.node("resume", "2"),
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_quorum_callers_are_told_to_come_back() {
    let Some(cluster) = Cluster::new() else { return };
    let store = cluster.open(1);
    let before = record(&store).await.unwrap();
    cluster.node("kill", "2");
    cluster.node("kill", "3");
    tokio::time::sleep(Duration::from_secs(5)).await;
    for _ in 0..5 {
        let started = Instant::now();
        let recorded = record(&store).await;
        assert!(
            matches!(recorded, Err(Error::Unavailable(_) | Error::Busy(_))),
            "{recorded:?}"
        );
        let read = has(&store, before).await;
        assert!(
            matches!(read, Err(Error::Unavailable(_) | Error::Busy(_))),
            "{read:?}"
        );
        assert!(
            started.elapsed() < Duration::from_secs(2),
            "{:?}",
            started.elapsed()
        );
    }
    // An operator who knows that the others are gone declares what is left to be the cluster.
    cluster.sql("1", "SET GLOBAL wsrep_provider_options = 'pc.bootstrap=1'");
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(has(&store, before).await, Ok(true));
    record(&store).await.unwrap();
    Cluster::run(&["restart", &cluster.folder, "2"]);
    Cluster::run(&["restart", &cluster.folder, "3"]);
    Cluster::run(&["await", &cluster.folder, "1", "3"]);
    store.close();
}
