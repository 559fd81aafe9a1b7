//! A row that cannot be worked on holds up no other.

use tidings::clock::Clock;
use tidings::failure::{NotificationType, Status, Turn};
use tidings::recovery::{RecoveryWorker, attend_all, claim_from};
use tidings::store::failure::{self, NotificationFilter, Page};
use tidings::worker::{Next, Worker};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::desk::{DAY, Desk, LEASE, RETRY_AFTER, vm};

/// Hosts with a failed virtual machine each.
async fn desk(hosts: &[&'static str]) -> (Desk, Vec<Uuid>) {
    let desk = Desk::new().await;
    let mut ids = Vec::new();
    for host in hosts {
        desk.host(host).await;
        ids.push(desk.vm(host).await);
    }
    (desk, ids)
}

/// Changes the row of a notification behind the program's back.
fn spoil(desk: &Desk, id: Uuid, change: &str) {
    let id = desk.database.bytes(&id.simple().to_string());
    desk.database.execute(&format!(
        "UPDATE failure_notifications SET {change} WHERE uuid = {id}"
    ));
}

async fn look(desk: &Desk) {
    let clock = Clock::fixed(desk.now);
    let mut worker = RecoveryWorker::new(desk.store.clone(), clock, desk.terms.clone());
    let rests = worker.step(&CancellationToken::new()).await;
    assert!(matches!(rests, Next::Rest(_)));
}

async fn claims(desk: &Desk) -> Vec<Uuid> {
    let mut claimed = Vec::new();
    let kinds = NotificationType::ALL;
    while let Some(one) = claim_from(&desk.store, &desk.terms, &kinds, "e", desk.now)
        .await
        .unwrap()
    {
        claimed.push(one.notification.uuid);
    }
    claimed
}

/// How many rows are like that, whatever else they say.
fn rows(desk: &Desk, condition: &str) -> usize {
    desk.database
        .count(&format!("failure_notifications WHERE {condition}"))
}

#[tokio::test]
async fn the_worker_sets_aside_what_it_cannot_read_and_judges_the_others() {
    for odd in ["kind = 'odd'", "status = 'odd'"] {
        let (mut desk, ids) = desk(&["h1", "h2", "h3"]).await;
        spoil(&desk, ids[1], odd);
        look(&desk).await;
        for id in [ids[0], ids[2]] {
            assert_eq!(desk.shown(id).await.turn, Some(Turn::Engine), "{odd}");
        }
        let aside = "status = 'error' AND message LIKE 'it cannot be worked on: %unknown%'";
        assert_eq!(rows(&desk, aside), 1, "{odd}");
        assert_eq!(claims(&desk).await, [ids[0], ids[2]], "{odd}");
        // The fault may be the server's, so it is tried again.
        spoil(&desk, ids[1], "kind = 'VM'");
        desk.now += RETRY_AFTER;
        look(&desk).await;
        assert!(claims(&desk).await.contains(&ids[1]), "{odd}");
    }
}

#[tokio::test]
async fn what_cannot_be_read_for_a_day_has_failed() {
    let (mut desk, ids) = desk(&["h1"]).await;
    spoil(&desk, ids[0], "kind = 'odd'");
    look(&desk).await;
    desk.now += DAY;
    look(&desk).await;
    let ended = "status = 'failed' AND turn IS NULL AND due IS NULL AND message LIKE '%unknown type%'";
    assert_eq!(rows(&desk, ended), 1);
}

/// The status of a row that is due is never a final one.
#[tokio::test]
async fn the_worker_sets_aside_what_it_cannot_change() {
    let (desk, ids) = desk(&["h1", "h2"]).await;
    let payload = r#"payload = '{"event":"odd"}', status = 'finished'"#;
    spoil(&desk, ids[0], payload);
    look(&desk).await;
    assert_eq!(
        rows(&desk, "status = 'error' AND message LIKE '%is finished%'"),
        1
    );
    assert_eq!(claims(&desk).await, [ids[1]]);
}

#[tokio::test]
async fn what_is_set_aside_is_told_once() {
    let (mut desk, ids) = desk(&["h1"]).await;
    spoil(&desk, ids[0], "kind = 'odd'");
    look(&desk).await;
    desk.now += RETRY_AFTER;
    look(&desk).await;
    let updates = desk.updates(ids[0]).await;
    let told: Vec<_> = updates.iter().map(|update| (update.from, update.to)).collect();
    assert_eq!(told, [(Status::New, Status::Error)]);
    assert!(updates[0].cause.contains("unknown type"), "{}", updates[0].cause);
}

#[tokio::test]
async fn a_claim_passes_over_what_it_cannot_lease() {
    let (mut desk, ids) = desk(&["h1", "h2"]).await;
    let lease = desk.claim().await.unwrap().notification.term;
    desk.step(ids[0], lease, "stopping").await.unwrap();
    desk.now += LEASE;
    // The engine that takes it over would be shown this step.
    desk.database.execute("UPDATE failure_steps SET state = 'odd'");
    assert_eq!(claims(&desk).await, [ids[1]]);
    let aside = desk.shown(ids[0]).await;
    assert_eq!((aside.status, aside.turn), (Status::Error, Some(Turn::Worker)));
    assert!(aside.message.unwrap().contains("unknown state"));
}

#[tokio::test]
async fn a_lost_lease_of_what_cannot_be_read_frees_its_host() {
    let (mut desk, ids) = desk(&["h1"]).await;
    desk.claim().await.unwrap();
    let next = desk.report("h1", NotificationType::Vm, &vm(Uuid::new_v4())).await;
    spoil(&desk, ids[0], "kind = 'odd'");
    desk.now += LEASE;
    attend_all(&desk.store, &desk.terms, desk.now).await.unwrap();
    assert_eq!(
        rows(
            &desk,
            "leased_host IS NULL AND lease_until IS NULL AND status = 'error'"
        ),
        1
    );
    assert_eq!(claims(&desk).await, [next]);
}

#[tokio::test]
async fn a_list_shows_those_that_can_be_read() {
    let (desk, ids) = desk(&["h1", "h2"]).await;
    spoil(&desk, ids[0], "kind = 'odd'");
    let list = desk
        .store
        .read(|read| failure::notifications(read, &NotificationFilter::default(), &Page::newest(10)));
    let listed: Vec<Uuid> = list.await.unwrap().iter().map(|one| one.uuid).collect();
    assert_eq!(listed, [ids[1]]);
}
