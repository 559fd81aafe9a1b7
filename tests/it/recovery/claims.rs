//! Claims: one engine for a notification, one for a host, on every database and over several servers.

use std::collections::HashSet;

use futures_util::future::join_all;
use tidings::failure::{NotificationType, Status};
use tidings::recovery::Claimed;

use super::desk::{Desk, LEASE, host_down, report, vm};

#[tokio::test]
async fn a_notification_is_claimed_progresses_and_ends() {
    let desk = Desk::new().await;
    desk.host("h1").await;
    let id = desk.vm("h1").await;
    let claimed = desk.claim().await.unwrap();
    assert_eq!(claimed.notification.uuid, id);
    assert_eq!(
        (claimed.host.name.as_str(), claimed.segment.name.as_str()),
        ("h1", "rack1")
    );
    assert_eq!(desk.status(id).await, Status::Running);
    let lease = claimed.notification.term;
    assert_eq!(
        desk.step(id, lease, "stopping it").await.unwrap(),
        desk.now + LEASE
    );
    assert_eq!(
        desk.finish(id, lease, Status::Finished).await.unwrap(),
        Status::Finished
    );
    assert_eq!(desk.path(id).await, ["running", "finished"]);
    assert_eq!(desk.claim().await, None);
}

#[tokio::test]
async fn of_many_claims_at_once_one_gets_the_notification() {
    let desk = Desk::new().await;
    desk.host("h1").await;
    desk.vm("h1").await;
    let claims = join_all((0..20).map(|_| desk.claim())).await;
    assert_eq!(claims.iter().flatten().count(), 1);
}

#[tokio::test]
async fn a_host_is_leased_to_one_engine_and_what_waits_for_it_follows() {
    let desk = Desk::new().await;
    for host in ["h1", "h2", "h3"] {
        desk.host(host).await;
    }
    for host in ["h1", "h1", "h2", "h2", "h3", "h3"] {
        desk.vm(host).await;
    }
    for _ in 0..2 {
        let round = claimed_at_once(&desk).await;
        let hosts: HashSet<_> = round.iter().map(|claimed| claimed.host.uuid).collect();
        assert_eq!((round.len(), hosts.len()), (3, 3));
        for claimed in &round {
            let of = &claimed.notification;
            desk.finish(of.uuid, of.term, Status::Finished).await.unwrap();
        }
    }
    assert_eq!(desk.claim().await, None);
}

/// What many engines get. One of two claims at once may pass over what the other one looks at, so they claim again.
async fn claimed_at_once(desk: &Desk) -> Vec<Claimed> {
    let mut round = Vec::new();
    for _ in 0..5 {
        let claims = join_all((0..4).map(|_| desk.claim())).await;
        round.extend(claims.into_iter().flatten());
    }
    round
}

#[tokio::test]
async fn an_engine_claims_only_the_types_that_it_names() {
    let desk = Desk::new().await;
    desk.host("h1").await;
    desk.host("h2").await;
    desk.report("h1", NotificationType::ComputeHost, &host_down())
        .await;
    let id = desk
        .report("h2", NotificationType::Vm, &vm(uuid::Uuid::new_v4()))
        .await;
    assert_eq!(desk.claim_by("e", &[NotificationType::Process]).await, None);
    let claimed = desk
        .claim_by("e", &[NotificationType::Vm, NotificationType::Process])
        .await;
    assert_eq!(claimed.unwrap().notification.uuid, id);
    assert_eq!(desk.claim_by("e", &[]).await, None);
}

#[tokio::test]
async fn what_waits_for_a_host_in_work_hides_no_other_host() {
    let mut desk = Desk::new().await;
    desk.host("h1").await;
    desk.host("h2").await;
    let reports = desk.write(|tx, _, now| {
        for _ in 0..300 {
            let payload = vm(uuid::Uuid::new_v4());
            let payload = payload.as_object().unwrap();
            report(tx, "h1", NotificationType::Vm, payload, now, now)?;
        }
        Ok(())
    });
    reports.await.unwrap();
    desk.now += 1;
    let other = desk.vm("h2").await;
    // A hundred each.
    for _ in 0..4 {
        desk.attend().await;
    }
    let first = desk.claim().await.unwrap();
    assert_eq!(first.host.name, "h1");
    assert_eq!(desk.claim().await.unwrap().notification.uuid, other);
    assert_eq!(desk.claim().await, None);
    let of = first.notification;
    desk.finish(of.uuid, of.term, Status::Finished).await.unwrap();
    assert_eq!(desk.claim().await.unwrap().host.name, "h1");
}

/// The worker looks at a hundred together, those that are due for longest first, and those with the lowest number of them.
#[tokio::test]
async fn a_dead_lease_ends_however_many_wait_for_its_host() {
    let mut desk = Desk::new().await;
    desk.host("h1").await;
    let reports = desk.write(|tx, _, now| {
        for _ in 0..150 {
            let payload = vm(uuid::Uuid::new_v4());
            let payload = payload.as_object().unwrap();
            report(tx, "h1", NotificationType::Vm, payload, now, now)?;
        }
        Ok(())
    });
    reports.await.unwrap();
    let earlier = desk.now - 10;
    let last = desk
        .report_at("h1", NotificationType::Vm, &vm(uuid::Uuid::new_v4()), earlier)
        .await;
    desk.attend().await;
    desk.attend().await;
    assert_eq!(desk.claim().await.unwrap().notification.uuid, last);
    assert_eq!(desk.claim().await, None);
    // The engine dies.
    desk.now += LEASE;
    desk.attend().await;
    assert_ne!(desk.status(last).await, Status::Running);
    assert_eq!(desk.claim().await.unwrap().notification.uuid, last);
}

#[tokio::test]
async fn the_oldest_failure_is_claimed_first() {
    let mut desk = Desk::new().await;
    desk.host("h1").await;
    desk.host("h2").await;
    let second = desk.vm("h1").await;
    desk.now += 1;
    let first = desk
        .report_at(
            "h2",
            NotificationType::Vm,
            &vm(uuid::Uuid::new_v4()),
            desk.now - 10,
        )
        .await;
    assert_eq!(desk.claim().await.unwrap().notification.uuid, first);
    assert_eq!(desk.claim().await.unwrap().notification.uuid, second);
}
