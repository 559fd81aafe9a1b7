//! The built-in rules on variations of the samples.

use insta::assert_snapshot;
use serde_json::{Value, json};
use tidings::message::Message;
use tidings::store::ingest::IngestOutcome;

use super::{ID, OTHER, PROJECT, REQUEST, brief, dry, notification, one, take, with_context};

fn volume() -> Value {
    json!({"tenant_id": PROJECT, "host": "node7@lvm#pool", "volume_id": ID, "reason": "node7 is out of order"})
}

fn server(exception: &str) -> Value {
    json!({"nova_object.name": "InstanceActionPayload", "nova_object.data": {
        "uuid": ID, "tenant_id": PROJECT, "host": "node7", "fault": {"nova_object.data": {
            "exception": exception, "exception_message": "node7 is out of order"}}}})
}

fn short(message: &Message) -> String {
    brief(message)
        .replace(PROJECT, "PROJECT")
        .replace(ID, "ID")
        .replace(OTHER, "OTHER")
}

async fn processed(event_type: &str, payload: Value) -> String {
    let message = one(notification(event_type, "ERROR", &payload)).await;
    assert_eq!(message.request_id, REQUEST);
    short(&message)
}

#[tokio::test]
async fn an_exception_of_compute_chooses_the_detail() {
    assert_snapshot!(processed("instance.create.error", server("FlavorDiskTooSmall")).await, @"PROJECT COMPUTE_SERVER_001_004 ERROR ID");
    assert_snapshot!(processed("instance.create.error", server("SomethingOfADriver")).await, @"PROJECT COMPUTE_SERVER_001_008 WARNING ID");
    assert_snapshot!(processed("instance.resize.error", server("NoMoreFixedIps")).await, @"PROJECT COMPUTE_SERVER_004_007 ERROR ID");
    assert_snapshot!(processed("instance.lock.error", server("X")).await, @"PROJECT COMPUTE_SERVER_020_001 ERROR ID");
    assert_snapshot!(processed("compute_task.build_instances.error", server("MaxRetriesExceeded")).await, @"PROJECT COMPUTE_SERVER_001_009 ERROR ID");
}

#[tokio::test]
async fn a_failure_that_compute_tells_three_times_makes_one_message() {
    let mut replay = dry(&[]);
    let legacy =
        json!({"instance_id": ID, "tenant_id": PROJECT, "message": "Image x is unacceptable: node7"});
    let all = [
        notification("compute.instance.create.error", "ERROR", &legacy),
        notification("instance.create.error", "ERROR", &server("ImageUnacceptable")),
        notification("compute_task.build_instances", "ERROR", &legacy),
    ];
    let processed = take(&mut replay, &all).await.processed;
    let outcomes: Vec<&IngestOutcome> = processed.iter().map(|processed| &processed.outcome).collect();
    assert!(
        matches!(
            outcomes[..],
            [
                IngestOutcome::Recorded { .. },
                IngestOutcome::Repeated,
                IngestOutcome::Repeated
            ]
        ),
        "{outcomes:?}"
    );
    // Another request, or another instance, is another failure.
    let other = with_context("instance.create.error", "ERROR", &server("X"), &json!({}));
    let elsewhere = json!({"instance_id": OTHER, "tenant_id": PROJECT});
    let elsewhere = notification("compute.instance.create.error", "ERROR", &elsewhere);
    let processed = take(&mut replay, &[other.clone(), elsewhere]).await.processed;
    assert!(
        processed
            .iter()
            .all(|processed| matches!(processed.outcome, IngestOutcome::Recorded { .. })),
        "{processed:?}"
    );
    let again = with_context("instance.create.error", "ERROR", &server("X"), &json!({}));
    assert_eq!(
        take(&mut replay, &[again]).await.processed[0].outcome,
        IngestOutcome::Repeated,
        "the same words, no request"
    );
}

#[tokio::test]
async fn instance_recovery_knows_the_project_from_what_compute_told_before() {
    let failed = json!({"masakari_object.data": {"type": "VM", "source_host_uuid": OTHER, "payload": {
        "instance_uuid": ID, "event": "LIFECYCLE"}, "fault": {"masakari_object.data": {"traceback": "node7"}}}});
    let failed = notification("notification.process.error", "ERROR", &failed);
    let mut replay = dry(&[]);
    assert_eq!(
        take(&mut replay, std::slice::from_ref(&failed)).await.processed[0].outcome,
        IngestOutcome::Ownerless
    );
    let exists = json!({"instance_id": ID, "tenant_id": PROJECT});
    let all = [
        notification("compute.instance.exists", "INFO", &exists),
        failed.clone(),
    ];
    let processed = take(&mut replay, &all).await.processed;
    assert_snapshot!(short(&processed[0].messages[0]), @"PROJECT HA_000004 ERROR ID");
    let host = json!({"masakari_object.data": {"type": "COMPUTE_HOST", "payload": {"event": "STOPPED"}}});
    assert!(
        take(
            &mut replay,
            &[notification("notification.process.error", "ERROR", &host)]
        )
        .await
        .processed
        .is_empty()
    );
}

#[tokio::test]
async fn repositories_belong_to_whom_the_configuration_says() {
    let failed =
        json!({"repo_id": "fedora-40", "result": "failed", "error_message": "node7 is out of order"});
    let failed = with_context("repo.sync.finish", "INFO", &failed, &json!({}));
    let mut replay = dry(&[("PROJECTS", "REPOSITORY:fedora-*:demo")]);
    assert_snapshot!(brief(&take(&mut replay, std::slice::from_ref(&failed)).await.processed[0].messages[0]), @"demo REPO_000002 ERROR fedora-40");
    assert_eq!(
        take(&mut dry(&[]), &[failed]).await.processed[0].outcome,
        IngestOutcome::Ownerless
    );
    let fine = json!({"repo_id": "fedora-40", "result": "success"});
    assert!(
        take(&mut replay, &[notification("repo.sync.finish", "INFO", &fine)])
            .await
            .processed
            .is_empty()
    );
}

#[tokio::test]
async fn what_is_no_id_is_left_out() {
    let mut payload = volume();
    payload["volume_id"] = "/dev/disk/by-path/7".into();
    let context = json!({"request_id": "req-of-somebody", "project_id": "../../etc"});
    let message = one(with_context(
        "scheduler.create_volume",
        "ERROR",
        &payload,
        &context,
    ))
    .await;
    assert_eq!(message.resource_uuid, None);
    assert_eq!(message.request_id, format!("req-{}", message.id));
    payload["tenant_id"] = "../../etc".into();
    let nobody = with_context("scheduler.create_volume", "ERROR", &payload, &context);
    assert!(take(&mut dry(&[]), &[nobody]).await.processed.is_empty());
    // One that is written in another form is the same.
    payload["tenant_id"] = PROJECT.into();
    payload["volume_id"] = ID.replace('-', "").to_uppercase().into();
    let message = one(with_context(
        "scheduler.create_volume",
        "ERROR",
        &payload,
        &context,
    ))
    .await;
    assert_eq!(message.resource_uuid.as_deref(), Some(ID));
}
