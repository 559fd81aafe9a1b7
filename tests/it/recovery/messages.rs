//! What tenants are told, and when.

use tidings::failure::{NotificationType, Status, Term};
use tidings::recovery::{Outcome, ProgressReport};
use uuid::Uuid;

use super::desk::{Desk, LEASE, RETRY_AFTER, affected, host_down, vm};

const ONE: Uuid = Uuid::from_u128(1);
const TWO: Uuid = Uuid::from_u128(2);

async fn claimed(kind: NotificationType) -> (Desk, Uuid, Term) {
    let desk = Desk::new().await;
    desk.host("h1").await;
    let payload = match kind {
        NotificationType::ComputeHost => host_down(),
        _ => vm(ONE),
    };
    let id = desk.report("h1", kind, &payload).await;
    let lease = desk.claim().await.unwrap().notification.term;
    (desk, id, lease)
}

/// How often the project was told this.
fn told(desk: &Desk, code: &str) -> i64 {
    let select = format!(
        "SELECT count(*) FROM messages WHERE project_id = 'p1' AND event_id = '{code}' AND resource_type = 'INSTANCE'"
    );
    desk.database.number(&select)
}

fn all(desk: &Desk) -> i64 {
    desk.database.number("SELECT count(*) FROM messages")
}

#[tokio::test]
async fn the_tenant_of_a_recovered_instance_is_told_once() {
    let (desk, id, lease) = claimed(NotificationType::Vm).await;
    let tenants = vec![affected(ONE, Some(Outcome::Recovered))];
    desk.finish_with(id, lease, Status::Finished, tenants.clone())
        .await
        .unwrap();
    desk.finish_with(id, lease, Status::Finished, tenants)
        .await
        .unwrap();
    assert_eq!((told(&desk, "HA_000003"), all(&desk)), (1, 1));
}

#[tokio::test]
async fn a_failure_is_told_only_once_no_other_attempt_follows() {
    let (mut desk, id, lease) = claimed(NotificationType::Vm).await;
    let tenants = vec![affected(ONE, Some(Outcome::Failed))];
    desk.finish_with(id, lease, Status::Error, tenants.clone())
        .await
        .unwrap();
    assert_eq!(all(&desk), 0);
    desk.now += RETRY_AFTER;
    let lease = desk.claim().await.unwrap().notification.term;
    desk.finish_with(id, lease, Status::Error, tenants).await.unwrap();
    assert_eq!((told(&desk, "HA_000004"), all(&desk)), (1, 1));
}

#[tokio::test]
async fn of_a_host_each_tenant_is_told_what_became_of_its_instance() {
    let (mut desk, id, lease) = claimed(NotificationType::ComputeHost).await;
    let first = vec![
        affected(ONE, Some(Outcome::Recovered)),
        affected(TWO, Some(Outcome::Failed)),
    ];
    desk.finish_with(id, lease, Status::Error, first).await.unwrap();
    assert_eq!(
        (told(&desk, "HA_000006"), all(&desk)),
        (1, 1),
        "what is done is told at once"
    );
    desk.now += RETRY_AFTER;
    let lease = desk.claim().await.unwrap().notification.term;
    let second = vec![
        affected(ONE, Some(Outcome::Recovered)),
        affected(TWO, Some(Outcome::NoRoom)),
    ];
    desk.finish_with(id, lease, Status::Failed, second).await.unwrap();
    assert_eq!(
        (told(&desk, "HA_000006"), told(&desk, "HA_000008"), all(&desk)),
        (1, 1, 2)
    );
}

#[tokio::test]
async fn tenants_are_told_of_a_failure_that_no_engine_reports_any_more() {
    let (mut desk, id, lease) = claimed(NotificationType::ComputeHost).await;
    let report = ProgressReport {
        tenants: vec![affected(ONE, None)],
        ..ProgressReport::default()
    };
    desk.progress(id, lease, report).await.unwrap();
    desk.now += LEASE;
    desk.attend().await;
    assert_eq!(all(&desk), 0);
    desk.now += super::desk::DAY;
    desk.attend().await;
    assert_eq!(desk.status(id).await, Status::Failed);
    assert_eq!((told(&desk, "HA_000007"), all(&desk)), (1, 1));
}

#[tokio::test]
async fn an_instance_that_is_not_set_up_to_be_recovered_is_told_so() {
    let (desk, id, lease) = claimed(NotificationType::Vm).await;
    let tenants = vec![affected(ONE, Some(Outcome::Skipped)), affected(TWO, None)];
    desk.finish_with(id, lease, Status::Finished, tenants)
        .await
        .unwrap();
    assert_eq!((told(&desk, "HA_000009"), all(&desk)), (1, 1));
}
