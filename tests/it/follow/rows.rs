//! Which rows become messages, and which messages go.

use std::time::Duration;

use super::cloud::{Cloud, DAY, PROJECT, Row, SECOND, request, step, text, uuid};
use crate::support::{NOW, until};

#[tokio::test]
async fn a_row_becomes_a_message_with_its_id_and_time() {
    let cloud = Cloud::cinder();
    let mut follower = cloud.follower();
    cloud.write(&Row::new(1, -1));
    cloud.follow_until(&mut follower, &[1]).await;
    let message = cloud.messages().await.remove(0);
    assert_eq!(message.project_id, PROJECT);
    assert_eq!(message.event_id, "VOLUME_VOLUME_SNAPSHOT_009_006");
    assert_eq!(message.request_id, request(1));
    assert_eq!(message.resource_uuid, Some(uuid(1)));
    assert_eq!(message.created_at / SECOND, NOW / SECOND - 1);
    assert_eq!(text(&message), "create snapshot:The project's quota is used up.");
    // Later ones, also of the same second.
    cloud.write(&Row::new(3, 0));
    cloud.write(&Row::new(2, 0));
    cloud.follow_until(&mut follower, &[1, 2, 3]).await;
}

#[tokio::test]
async fn manilas_rows_are_followed_too() {
    let cloud = Cloud::manila();
    let mut follower = cloud.follower();
    cloud.write(&Row {
        code: ("001", "002"),
        ..Row::new(1, 0)
    });
    cloud.follow_until(&mut follower, &[1]).await;
    assert_eq!(cloud.messages().await[0].event_id, "SHARE_SHARE_001_002");
    cloud.mark_deleted(1);
    cloud.follow_until(&mut follower, &[]).await;
}

#[tokio::test]
async fn rows_from_before_are_taken_over_without_events() {
    let cloud = Cloud::cinder();
    for id in 1..=3 {
        cloud.write(&Row::new(id, -i64::from(id) * 86_400));
    }
    cloud.write(&Row {
        ttl: Some(DAY),
        ..Row::new(4, -2 * 86_400)
    });
    let mut follower = cloud.follower();
    cloud.follow_until(&mut follower, &[1, 2, 3]).await;
    assert_eq!(cloud.app.database.count("events"), 0);
    cloud.app.clock.advance(Duration::from_secs(5));
    cloud.write(&Row::new(5, 5));
    cloud.follow_until(&mut follower, &[1, 2, 3, 5]).await;
    assert_eq!(
        cloud
            .app
            .database
            .count("events WHERE event_type = 'message.create'"),
        1
    );
}

#[tokio::test]
async fn rows_that_are_late_never_expire_or_have_another_time_to_live_are_found() {
    let cloud = Cloud::cinder();
    let mut follower = cloud.follower();
    cloud.write(&Row::new(1, 0));
    cloud.follow_until(&mut follower, &[1]).await;
    // Committed a day behind the position.
    cloud.write(&Row::new(2, -86_400));
    cloud.write(&Row {
        ttl: None,
        ..Row::new(3, 0)
    });
    for (id, days) in [(4, 1), (5, 3650)] {
        cloud.write(&Row {
            ttl: Some(days * DAY),
            ..Row::new(id, 0)
        });
    }
    cloud.follow_until(&mut follower, &[1, 2, 3, 4, 5]).await;
}

#[tokio::test]
async fn deletions_are_followed_and_absence_is_not() {
    let cloud = Cloud::cinder();
    let mut follower = cloud.follower();
    for id in 1..=3 {
        cloud.write(&Row::new(id, 0));
    }
    cloud.follow_until(&mut follower, &[1, 2, 3]).await;
    cloud.mark_deleted(2);
    cloud.follow_until(&mut follower, &[1, 3]).await;
    assert_eq!(
        cloud
            .app
            .database
            .count("events WHERE event_type = 'message.delete'"),
        1
    );
    // Reaped, or the table was emptied, or the database restored from before.
    cloud.service.execute("DELETE FROM messages");
    cloud.follow_all(&mut follower).await;
    assert_eq!(cloud.ids().await, [1, 3]);
}

#[tokio::test]
async fn what_was_deleted_or_purged_here_does_not_come_back() {
    let cloud = Cloud::cinder();
    let mut follower = cloud.follower();
    cloud.write(&Row::new(1, 0));
    cloud.write(&Row::new(2, 0));
    cloud.follow_until(&mut follower, &[1, 2]).await;
    let member = cloud.app.member(PROJECT);
    assert_eq!(member.delete(&uuid(1)).await.status, 204);
    cloud.app.database.execute(&format!(
        "DELETE FROM messages WHERE id = {}",
        cloud.app.database.bytes(&uuid(2).replace('-', ""))
    ));
    cloud.follow_all(&mut follower).await;
    assert_eq!(cloud.ids().await, [0_u32; 0]);
    // Nor for another process.
    let mut other = cloud.follower();
    drop(follower);
    cloud.app.clock.advance(Duration::from_secs(60));
    cloud.follow_all(&mut other).await;
    assert_eq!(cloud.ids().await, [0_u32; 0]);
}

#[tokio::test]
async fn rows_that_make_no_message_are_passed_over() {
    let cloud = Cloud::cinder();
    let mut follower = cloud.follower();
    cloud.write(&Row::new(1, 0));
    cloud
        .service
        .execute("UPDATE messages SET project_id = 'a b', message_level = 'LOUD'");
    cloud.write(&Row::new(2, 0));
    cloud.follow_until(&mut follower, &[2]).await;
    step(&mut follower).await;
    // Corrected, it is found by the walk.
    cloud
        .service
        .execute("UPDATE messages SET project_id = 'p1', message_level = 'error'");
    cloud.follow_until(&mut follower, &[1, 2]).await;
}

#[tokio::test]
async fn more_rows_than_a_page_are_read_page_by_page() {
    let cloud = Cloud::cinder();
    let mut follower = cloud.follower();
    cloud.follow_until(&mut follower, &[]).await;
    let text = |at: i64| tidings::message::time::format(at).replace('T', " ");
    let rows: Vec<String> = (1..=1200)
        .map(|id| {
            format!(
                "('{}', 'p1', 'req-1', 'VOLUME', NULL, 'VOLUME_000002', 'ERROR', '{}', false, '{}')",
                uuid(id),
                text(NOW),
                text(NOW + 30 * DAY)
            )
        })
        .collect();
    cloud.service.execute(&format!(
        "INSERT INTO messages (id, project_id, request_id, resource_type, resource_uuid, event_id, message_level, \
         created_at, deleted, expires_at) VALUES {}",
        rows.join(", ")
    ));
    until("all rows", async || {
        step(&mut follower).await;
        cloud.app.database.count("messages") == 1200
    })
    .await;
}

#[tokio::test]
async fn the_note_of_a_row_that_never_expires_expires_after_the_row_was_deleted() {
    let cloud = Cloud::cinder();
    let mut follower = cloud.follower();
    cloud.write(&Row {
        ttl: None,
        ..Row::new(1, 0)
    });
    cloud.follow_until(&mut follower, &[1]).await;
    let unlimited = || cloud.app.database.count("followed_rows WHERE expires_at IS NULL");
    assert_eq!(unlimited(), 1);
    cloud.mark_deleted(1);
    cloud.follow_until(&mut follower, &[]).await;
    assert_eq!(unlimited(), 0);
}
