//! Both servers working on the same rows.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::{join, join_all};
use tidings::store::message::count;
use tidings::store::{Error, Store, lease};

use super::{Cluster, made, post, show};

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
    let (one, other) = (cluster.app(1), cluster.app(2));
    for _ in 0..60 {
        let id = made(&post(&one).await);
        assert_eq!(show(&other, &id).await.status, 200);
        assert_eq!(other.member("p1").delete(&id).await.status, 204);
        assert_eq!(show(&one, &id).await.status, 404);
    }
}

/// Takes the contested lease, counting how often the transaction runs.
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
    let apps = [cluster.app(1), cluster.app(2)];
    let runs = Arc::new(AtomicUsize::new(0));
    // The same row from both nodes at once: certification fails one of them at COMMIT.
    let clients = (0..8_usize).map(|client| {
        let (app, runs) = (&apps[client % 2], runs.clone());
        async move {
            let mut recorded = Vec::new();
            for round in 0..20 {
                recorded.push(made(&post(app).await));
                // A caller that lost five times in a row is told so and may retry.
                while let Err(error) = take(&app.store, &runs, format!("{client} {round}")).await {
                    assert!(matches!(error, Error::Busy(_)), "{error}");
                }
            }
            recorded
        }
    });
    let recorded: Vec<String> = join_all(clients).await.into_iter().flatten().collect();
    assert_eq!(recorded.iter().collect::<HashSet<_>>().len(), 160);
    assert!(
        runs.load(Ordering::Relaxed) > 160,
        "there was no conflict to speak of"
    );
    assert_eq!(apps[1].store.read(|read| count(read)).await, Ok(160));
    // Both delete everything at once; each message is deleted exactly once.
    let (one, other) = (apps[0].member("p1"), apps[1].member("p1"));
    for ids in recorded.chunks(32) {
        let deletes = ids.iter().map(|id| join(one.delete(id), other.delete(id)));
        for (one, other) in join_all(deletes).await {
            let mut both = [one.status, other.status];
            both.sort_unstable();
            assert_eq!(both, [204, 404], "{} {}", one.text, other.text);
        }
    }
    assert_eq!(apps[0].store.read(|read| count(read)).await, Ok(0));
}
