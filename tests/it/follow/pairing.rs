//! A failure that a notification and a row report is one message.

use serde_json::json;
use tidings::bus::Notification;
use tidings::config::Config;
use tidings::event::Reporter;
use tidings::ingest::Planner;
use tidings::ingest::replay::{self, Replay, ReplayTarget};

use super::cloud::{Cloud, PROJECT, Row, SECOND, request, step, text, uuid};
use crate::support::{NOW, until};

/// A notification of Cinder's that its scheduler found no place for a snapshot.
pub fn failed(resource: u32, number: u32) -> Notification {
    let body = json!({
        "message_id": uuid::Uuid::new_v4().to_string(), "publisher_id": "scheduler.node7@lvm",
        "event_type": "scheduler.create_snapshot", "priority": "ERROR", "timestamp": "2026-11-21 03:20:24.000000",
        "payload": {"snapshot_id": uuid(resource), "request_spec": {"volume_properties": {"project_id": PROJECT}}},
        "_context_request_id": request(number), "_context_project_id": PROJECT,
    });
    replay::line(&body.to_string()).unwrap()
}

/// Records notifications, each as a batch of its own.
pub async fn ingest(cloud: &Cloud, notifications: &[Notification], second: i64) {
    let follow = [("OS_FOLLOW__CINDER".to_owned(), cloud.service.url())];
    let config = Config::load(None, follow.into_iter()).unwrap();
    ingest_as(cloud, &config, notifications, second).await;
}

async fn ingest_as(cloud: &Cloud, config: &Config, notifications: &[Notification], second: i64) {
    let target = ReplayTarget::Store(cloud.app.store.clone(), Reporter::new(config));
    let mut replay = Replay::new(Planner::new(config).unwrap(), target);
    for notification in notifications {
        let now = NOW + second * SECOND;
        replay
            .take(std::slice::from_ref(notification), "cinder", now)
            .await
            .unwrap();
    }
}

/// Returns the codes of all messages, sorted.
async fn codes(cloud: &Cloud) -> Vec<String> {
    let messages = cloud.messages().await.into_iter();
    let mut codes: Vec<String> = messages.map(|message| message.event_id).collect();
    codes.sort_unstable();
    codes
}

const OF_BUS: &str = "VOLUME_VOLUME_SNAPSHOT_009_003";
const OF_ROW: &str = "VOLUME_VOLUME_SNAPSHOT_009_006";

#[tokio::test]
async fn a_row_gives_its_code_to_the_message_of_a_notification() {
    let cloud = Cloud::cinder();
    let mut follower = cloud.follower();
    ingest(&cloud, &[failed(1, 1)], 0).await;
    let first = cloud.messages().await.remove(0);
    assert_eq!(first.event_id, OF_BUS);
    let member = cloud.app.member(PROJECT);
    let (show, list) = (member.show(&first.id.to_string()).await, member.list("").await);
    cloud.write(&Row::new(1, 1));
    until("the row's code", async || {
        step(&mut follower).await;
        codes(&cloud).await == [OF_ROW]
    })
    .await;
    let paired = cloud.messages().await.remove(0);
    assert_eq!((paired.id, paired.created_at), (first.id, first.created_at));
    assert_eq!(text(&paired), "create snapshot:The project's quota is used up.");
    let (shown, listed) = (member.show(&first.id.to_string()).await, member.list("").await);
    assert_ne!(show.headers["etag"], shown.headers["etag"]);
    assert_ne!(list.headers["etag"], listed.headers["etag"]);
    // Its deletion is the row's.
    cloud.mark_deleted(1);
    cloud.follow_until(&mut follower, &[]).await;
}

#[tokio::test]
async fn a_notification_of_a_followed_row_makes_no_message() {
    let cloud = Cloud::cinder();
    let mut follower = cloud.follower();
    cloud.write(&Row::new(1, 0));
    cloud.follow_until(&mut follower, &[1]).await;
    ingest(&cloud, &[failed(1, 1)], 1).await;
    assert_eq!(cloud.ids().await, [1]);
    // Of another request, resource, or after dedup_ttl, it is another failure.
    cloud.write(&Row::new(3, 0));
    cloud.follow_until(&mut follower, &[1, 3]).await;
    ingest(&cloud, &[failed(1, 2), failed(2, 1)], 1).await;
    ingest(&cloud, &[failed(3, 3)], 86_401).await;
    assert_eq!(codes(&cloud).await, [OF_BUS, OF_BUS, OF_BUS, OF_ROW, OF_ROW]);
}

#[tokio::test]
async fn two_rows_are_always_two_messages() {
    let cloud = Cloud::cinder();
    let mut follower = cloud.follower();
    ingest(&cloud, &[failed(1, 1)], 0).await;
    let row = |id| Row {
        resource: 1,
        request: 1,
        ..Row::new(id, 1)
    };
    cloud.write(&row(11));
    cloud.write(&row(12));
    until("two messages", async || {
        step(&mut follower).await;
        codes(&cloud).await == [OF_ROW, OF_ROW]
    })
    .await;
    // A third notification would pair with the row that has no partner yet, and so only once.
    ingest(&cloud, &[failed(1, 1)], 2).await;
    assert_eq!(codes(&cloud).await, [OF_ROW, OF_ROW]);
}

#[tokio::test]
async fn a_message_that_its_user_deleted_does_not_come_back_as_a_row() {
    let cloud = Cloud::cinder();
    let mut follower = cloud.follower();
    ingest(&cloud, &[failed(1, 1)], 0).await;
    let id = cloud.messages().await.remove(0).id.to_string();
    assert_eq!(cloud.app.member(PROJECT).delete(&id).await.status, 204);
    cloud.write(&Row::new(1, 0));
    cloud.follow_all(&mut follower).await;
    assert_eq!(codes(&cloud).await, [""; 0]);
}

#[tokio::test]
async fn reports_that_come_at_once_make_one_message() {
    let cloud = Cloud::cinder();
    let mut follower = cloud.follower();
    step(&mut follower).await;
    for id in 1..=20 {
        cloud.write(&Row::new(id, 0));
    }
    let notifications: Vec<Notification> = (1..=20).map(|id| failed(id, id)).collect();
    let rows = until("twenty rows", async || {
        step(&mut follower).await;
        cloud.app.database.count("followed_rows") == 20
    });
    tokio::join!(ingest(&cloud, &notifications, 0), rows);
    assert_eq!(codes(&cloud).await, [OF_ROW; 20]);
}

#[tokio::test]
async fn what_can_have_no_other_report_does_not_wait_for_one() {
    let cloud = Cloud::cinder();
    // No table is followed.
    ingest_as(&cloud, &Config::default(), &[failed(1, 1)], 0).await;
    // Older than dedup_ttl.
    cloud.write(&Row::new(2, -90_000));
    let mut follower = cloud.follower();
    cloud.follow_until(&mut follower, &[0, 2]).await;
    assert_eq!(cloud.app.database.count("pairings"), 0);
    cloud.write(&Row::new(3, 0));
    cloud.follow_until(&mut follower, &[0, 2, 3]).await;
    assert_eq!(cloud.app.database.count("pairings"), 1);
}
