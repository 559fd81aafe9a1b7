//! What the worker decides without an engine.

use serde_json::json;
use tidings::failure::{NotificationType, Status};
use tidings::store::failure;

use super::desk::{DAY, Desk, SECOND, host_down};

#[tokio::test]
async fn what_needs_no_work_ends_without_an_engine_and_says_why() {
    let desk = Desk::new().await;
    let cases = [
        (
            "h1",
            NotificationType::Process,
            json!({ "event": "STARTED", "process_name": "nova-compute" }),
            Status::Finished,
        ),
        (
            "h2",
            NotificationType::ComputeHost,
            json!({ "event": "STOPPED" }),
            Status::Ignored,
        ),
        (
            "h3",
            NotificationType::Vm,
            json!({ "event": "LIFECYCLE", "vir_domain_event": "STARTED" }),
            Status::Ignored,
        ),
        (
            "h4",
            NotificationType::Process,
            json!({ "event": "STOPPED", "process_name": "sshd" }),
            Status::Finished,
        ),
        (
            "h5",
            NotificationType::Vm,
            json!({ "odd": "payload" }),
            Status::Ignored,
        ),
    ];
    for (host, kind, payload, wanted) in cases {
        desk.host(host).await;
        let id = desk.report(host, kind, &payload).await;
        desk.attend().await;
        let shown = desk.shown(id).await;
        assert_eq!(shown.status, wanted, "{host}");
        assert!(shown.message.is_some_and(|message| !message.is_empty()), "{host}");
        assert_eq!((shown.turn, shown.due), (None, None), "{host}");
    }
    assert_eq!(desk.claim().await, None);
}

#[tokio::test]
async fn a_failed_host_is_put_under_maintenance_and_is_no_longer_reserved() {
    let desk = Desk::new().await;
    let host = desk.host("h1").await;
    let reserve = desk.write(move |tx, _, _| {
        let mut host = failure::host(tx.conn(), host, None)?;
        host.is_reserved = true;
        failure::update_host(tx, &host)
    });
    reserve.await.unwrap();
    let id = desk
        .report("h1", NotificationType::ComputeHost, &host_down())
        .await;
    desk.attend().await;
    let shown = desk
        .store
        .read(move |read| failure::host(read, host, None))
        .await
        .unwrap();
    assert!(shown.on_maintenance && !shown.is_reserved, "{shown:?}");
    assert_eq!(desk.status(id).await, Status::New, "it waits for an engine");
}

#[tokio::test]
async fn a_notification_of_a_disabled_segment_or_a_missing_host_is_ignored() {
    let desk = Desk::new().await;
    desk.host("h1").await;
    let (id, segment) = (desk.vm("h1").await, desk.segment);
    let disable = desk.write(move |tx, _, _| {
        let mut segment = failure::segment(tx.conn(), segment)?;
        segment.is_enabled = false;
        failure::update_segment(tx, &segment)
    });
    disable.await.unwrap();
    desk.attend().await;
    assert_eq!(desk.status(id).await, Status::Ignored);

    let gone = desk.host("h2").await;
    let orphan = desk.vm("h2").await;
    desk.write(move |tx, _, _| failure::delete_host(tx, gone))
        .await
        .unwrap();
    desk.attend().await;
    assert_eq!(desk.status(orphan).await, Status::Ignored);
}

/// As of an imported one that waits for an engine: it must not keep engines from what is next.
#[tokio::test]
async fn a_notification_of_a_host_that_is_gone_is_passed_over_by_claims_and_ignored() {
    let desk = Desk::new().await;
    let gone = desk.host("h1").await;
    desk.host("h2").await;
    let (orphan, next) = (desk.vm("h1").await, desk.vm("h2").await);
    desk.attend().await;
    desk.write(move |tx, _, _| failure::delete_host(tx, gone))
        .await
        .unwrap();
    assert_eq!(desk.claim().await.unwrap().notification.uuid, next);
    desk.attend().await;
    let shown = desk.shown(orphan).await;
    assert_eq!(shown.status, Status::Ignored);
    assert_eq!(shown.message.unwrap(), "its host no longer exists");
}

/// PostgreSQL stores none.
#[tokio::test]
async fn a_nul_in_a_report_ends_in_the_reason_as_another_character() {
    let desk = Desk::new().await;
    desk.host("h1").await;
    let payload = json!({ "event": "STOP\0PED", "process_name": "nova-compute" });
    let id = desk.report("h1", NotificationType::Process, &payload).await;
    desk.attend().await;
    let shown = desk.shown(id).await;
    assert_eq!(shown.status, Status::Ignored);
    assert_eq!(shown.message.unwrap(), "the event STOP\u{fffd}PED is unknown");
    assert_eq!(
        desk.updates(id).await[0].cause,
        "the event STOP\u{fffd}PED is unknown"
    );
}

#[tokio::test]
async fn a_notification_that_no_engine_takes_fails_a_day_after_the_failure() {
    let mut desk = Desk::new().await;
    desk.host("h1").await;
    let old = desk
        .report_at(
            "h1",
            NotificationType::Vm,
            &super::desk::vm(uuid::Uuid::new_v4()),
            desk.now - DAY,
        )
        .await;
    let ahead = desk
        .report_at(
            "h1",
            NotificationType::Vm,
            &super::desk::vm(uuid::Uuid::new_v4()),
            desk.now + 9 * DAY,
        )
        .await;
    let id = desk.vm("h1").await;
    desk.attend().await;
    assert_eq!(desk.status(old).await, Status::Failed, "it is too old already");
    desk.now += DAY - SECOND;
    desk.attend().await;
    assert_eq!(desk.status(id).await, Status::New);
    desk.now += SECOND;
    desk.attend().await;
    assert_eq!(desk.status(id).await, Status::Failed);
    assert_eq!(
        desk.status(ahead).await,
        Status::Failed,
        "a time in the future keeps nothing alive"
    );
}

#[tokio::test]
async fn an_operator_orders_another_attempt_of_what_failed_and_withdraws_what_did_not() {
    let mut desk = Desk::new().await;
    desk.host("h1").await;
    let id = desk.vm("h1").await;
    desk.now += DAY;
    desk.attend().await;
    assert_eq!(desk.status(id).await, Status::Failed);
    desk.write(move |tx, terms, now| tidings::recovery::retry(tx, terms, id, now))
        .await
        .unwrap();
    assert_eq!(
        desk.claim().await.unwrap().notification.uuid,
        id,
        "its day begins anew"
    );
    let lease = desk.shown(id).await.term;
    desk.write(move |tx, terms, now| tidings::recovery::cancel(tx, terms, id, now))
        .await
        .unwrap();
    assert_eq!(desk.path(id).await, ["failed", "new", "running", "ignored"]);
    assert!(desk.step(id, lease, "too late").await.is_err());
    let again = desk.write(move |tx, terms, now| tidings::recovery::cancel(tx, terms, id, now));
    assert!(again.await.is_err(), "it is final");
}
