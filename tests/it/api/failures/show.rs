//! Showing a notification, its steps and its moves.

use reqwest::Method;
use serde_json::json;
use tidings::failure::{NotificationType, Progress, StepState, VMove, VMoveStatus};
use tidings::store::failure;
use uuid::Uuid;

use super::{change, get, host, reported, segment, vm};
use crate::support::{NOW, TestApp};

fn progress(step: &str, state: StepState, progress: f64, message: &str) -> (Uuid, Progress) {
    let progress = Progress {
        at: NOW,
        step: step.to_owned(),
        state,
        progress,
        message: message.to_owned(),
    };
    (Uuid::now_v7(), progress)
}

/// A move of an instance, whose number also gives its id and its time.
pub fn vmove(notification: Uuid, instance: u128, status: VMoveStatus) -> VMove {
    VMove {
        id: 0,
        uuid: Uuid::from_u128(instance + 100),
        created_at: NOW + i64::try_from(instance).unwrap(),
        updated_at: None,
        notification_uuid: notification,
        instance_uuid: Uuid::from_u128(instance).to_string(),
        instance_name: Some("web".to_owned()),
        source_host: Some("compute1".to_owned()),
        dest_host: None,
        start_time: Some(NOW),
        end_time: None,
        kind: Some("evacuation".to_owned()),
        status,
        message: None,
    }
}

#[tokio::test]
async fn the_steps_of_the_recovery_are_shown_since_1_1() {
    let app = TestApp::start();
    let admin = app.admin("p1");
    let segment = segment(&admin, "s").await;
    host(&admin, &segment, "compute1").await;
    let made = reported(&admin, &vm("compute1", 1)).await;
    let uuid = made["notification_uuid"].as_str().unwrap();
    let id: Uuid = uuid.parse().unwrap();
    let path = format!("/v1/notifications/{uuid}");
    let shown = async |version: &str| {
        let request = admin.request(Method::GET, &path);
        let request = request.header("OpenStack-API-Version", format!("instance-ha {version}"));
        admin.send(request).await.json()["notification"].clone()
    };
    assert_eq!(shown("1.0").await, made);
    assert_eq!(shown("1.1").await["recovery_workflow_details"], json!([]));
    let lines = [
        progress("StopInstanceTask", StepState::Running, 0.0, "Stopping"),
        progress("StartInstanceTask", StepState::Running, 0.5, "Starting"),
        progress("StopInstanceTask", StepState::Success, 1.0, "Stopped"),
    ];
    let added = app.store.write(move |tx| failure::add_steps(tx, id, &lines));
    added.await.unwrap();
    let line = |progress: &str, message: &str| json!({ "timestamp": "2026-11-21 03:20:24.834285", "progress": progress, "message": message });
    assert_eq!(
        shown("1.1").await["recovery_workflow_details"],
        json!([
            {
                "name": "StopInstanceTask",
                "progress": 1.0,
                "progress_details": [line("0.0", "Stopping"), line("1.0", "Stopped")],
                "state": "SUCCESS",
            },
            {
                "name": "StartInstanceTask",
                "progress": 0.5,
                "progress_details": [line("0.5", "Starting")],
                "state": "RUNNING",
            },
        ])
    );
}

#[tokio::test]
async fn only_the_canonical_uuid_names_a_notification() {
    let app = TestApp::start();
    let admin = app.admin("p1");
    let segment = segment(&admin, "s").await;
    host(&admin, &segment, "compute1").await;
    let made = reported(&admin, &vm("compute1", 1)).await;
    let uuid = made["notification_uuid"].as_str().unwrap();
    for id in [
        "abc",
        &made["id"].to_string(),
        &uuid.to_uppercase(),
        &uuid.replace('-', ""),
        "00000000-0000-0000-0000-000000000000",
    ] {
        let want = format!("404 itemNotFound: No notification with id {id}.");
        assert_eq!(get(&admin, &format!("/notifications/{id}")).await.fault(), want);
        assert_eq!(
            get(&admin, &format!("/notifications/{id}/vmoves")).await.fault(),
            want
        );
    }
}

#[tokio::test]
async fn the_moves_of_a_host_are_listed_and_shown() {
    let app = TestApp::start();
    let admin = app.admin("p1");
    let segment = segment(&admin, "s").await;
    host(&admin, &segment, "compute1").await;
    let made = reported(&admin, &vm("compute1", 1)).await;
    let uuid = made["notification_uuid"].as_str().unwrap();
    let path = format!("/notifications/{uuid}/vmoves");
    let want = format!("400 badRequest: This notification {uuid} without vm moves.");
    assert_eq!(get(&admin, &path).await.fault(), want);
    change(&app, uuid, |notification| {
        notification.kind = NotificationType::ComputeHost;
    })
    .await;
    let id: Uuid = uuid.parse().unwrap();
    let saved = app.store.write(move |tx| {
        failure::save_vmove(tx, &vmove(id, 1, VMoveStatus::Ongoing))?;
        failure::save_vmove(tx, &vmove(id, 2, VMoveStatus::Ongoing))?;
        // Reported again, it is still one move.
        let again = VMove {
            uuid: Uuid::nil(),
            updated_at: Some(NOW),
            ..vmove(id, 1, VMoveStatus::Succeeded)
        };
        failure::save_vmove(tx, &again)
    });
    saved.await.unwrap();
    let listed = get(&admin, &path).await.json();
    let statuses = listed["vmoves"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["status"].clone());
    assert_eq!(statuses.collect::<Vec<_>>(), ["ongoing", "succeeded"]);
    let first = &listed["vmoves"][1];
    assert_eq!(first["uuid"], Uuid::from_u128(101).to_string());
    assert_eq!(first["type"], "evacuation");
    let shown = get(&admin, &format!("{path}/{}", Uuid::from_u128(101)))
        .await
        .json();
    assert_eq!(shown["vmove"], *first);
    for (query, count) in [
        ("status=succeeded", 1),
        ("type=evacuation&sort_key=instance_name&limit=1", 1),
        ("type=migration", 0),
        ("status=%00", 0),
    ] {
        let page = get(&admin, &format!("{path}?{query}")).await.json();
        assert_eq!(page["vmoves"].as_array().unwrap().len(), count, "{query}");
    }
    let missing = get(&admin, &format!("{path}/x")).await.fault();
    assert_eq!(missing, "404 itemNotFound: No vm move with id x.");
}
