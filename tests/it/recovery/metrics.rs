//! What is counted of notifications.

use tidings::clock::Clock;
use tidings::failure::Status;
use tidings::recovery::RecoveryWorker;
use tidings::store::Error;
use tidings::worker::Worker;
use tokio_util::sync::CancellationToken;

use super::desk::{Desk, LEASE};

#[tokio::test]
async fn open_notifications_changes_and_lost_leases_are_counted() {
    let mut desk = Desk::new().await;
    for host in ["h1", "h2", "h3"] {
        desk.host(host).await;
        desk.vm(host).await;
    }
    let first = desk.claim().await.unwrap().notification;
    desk.finish(first.uuid, first.term, Status::Finished)
        .await
        .unwrap();
    desk.claim().await.unwrap();
    let metrics = desk.terms.metrics.clone();
    assert_eq!(metrics.transitions("running").get(), 2);
    assert_eq!(metrics.transitions("finished").get(), 1);
    assert_eq!(metrics.lost_leases.get(), 0);
    desk.now += LEASE;
    let clock = Clock::fixed(desk.now);
    let mut worker = RecoveryWorker::new(desk.store.clone(), clock, desk.terms.clone());
    worker.step(&CancellationToken::new()).await;
    assert_eq!(metrics.lost_leases.get(), 1);
    let open = ["new", "running", "error"].map(|status| metrics.open(status).get());
    assert_eq!(open, [1, 0, 1]);
}

/// It may run again.
#[tokio::test]
async fn a_change_that_is_rolled_back_is_not_counted() {
    let desk = Desk::new().await;
    desk.host("h1").await;
    let id = desk.vm("h1").await;
    let undone = desk.write(move |tx, terms, now| {
        tidings::recovery::cancel(tx, terms, id, now)?;
        Err::<(), _>(Error::NotFound)
    });
    assert_eq!(undone.await, Err(Error::NotFound));
    assert_eq!(desk.terms.metrics.transitions("ignored").get(), 0);
}
