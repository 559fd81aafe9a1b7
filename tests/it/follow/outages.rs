//! Databases that are away, refuse the user or belong to another release.

use super::cloud::{Cloud, Row, step};
use crate::support::{ServiceDatabase, TestApp, until};

#[tokio::test]
async fn an_outage_is_survived() {
    let cloud = Cloud::cinder();
    let mut follower = cloud.follower();
    cloud.write(&Row::new(1, 0));
    cloud.follow_until(&mut follower, &[1]).await;
    cloud.service.execute("ALTER TABLE messages RENAME TO elsewhere");
    for _ in 0..5 {
        step(&mut follower).await;
    }
    cloud.service.execute("ALTER TABLE elsewhere RENAME TO messages");
    cloud.write(&Row::new(2, 1));
    cloud.follow_until(&mut follower, &[1, 2]).await;
}

#[tokio::test]
async fn a_database_that_is_not_there_yet_is_waited_for() {
    let cloud = Cloud::of(TestApp::start(), ServiceDatabase::cinder(), true);
    cloud.write(&Row::new(1, 0));
    cloud.service.execute("ALTER TABLE messages RENAME TO elsewhere");
    let mut follower = cloud.follower();
    for _ in 0..5 {
        step(&mut follower).await;
    }
    cloud.service.execute("ALTER TABLE elsewhere RENAME TO messages");
    cloud.follow_until(&mut follower, &[1]).await;
}

#[tokio::test]
async fn columns_that_a_release_lacks_are_not_needed() {
    let cloud = Cloud::cinder();
    cloud.write(&Row::new(1, 0));
    cloud
        .service
        .execute("ALTER TABLE messages DROP COLUMN action_id");
    cloud
        .service
        .execute("ALTER TABLE messages DROP COLUMN detail_id");
    let mut follower = cloud.follower();
    cloud.follow_until(&mut follower, &[1]).await;
    let message = cloud.messages().await.remove(0);
    assert_eq!(
        (message.action_id.as_deref(), message.detail_id.as_deref()),
        (Some("009"), Some("006"))
    );
    // An upgrade while it is followed.
    cloud
        .service
        .execute("ALTER TABLE messages ADD COLUMN detail_id VARCHAR(10)");
    cloud
        .service
        .execute("ALTER TABLE messages ADD COLUMN action_id VARCHAR(10)");
    cloud.write(&Row::new(2, 0));
    cloud.follow_until(&mut follower, &[1, 2]).await;
}

#[tokio::test]
async fn a_table_of_something_else_is_not_followed() {
    let cloud = Cloud::manila();
    let manila = cloud.service.url();
    let cinder = Cloud::of(TestApp::start(), ServiceDatabase::cinder(), true);
    let mut follower = cinder.follower_at(&manila);
    until("a failed step", async || {
        step(&mut follower).await;
        true
    })
    .await;
    assert_eq!(cinder.ids().await, [0_u32; 0]);
}

#[tokio::test]
async fn one_that_cannot_read_the_table_leaves_it_to_another() {
    let cloud = Cloud::cinder();
    let elsewhere = ServiceDatabase::manila();
    let mut first = cloud.follower_at(&elsewhere.url());
    step(&mut first).await;
    cloud.write(&Row::new(1, 0));
    let mut second = cloud.follower();
    cloud.follow_until(&mut second, &[1]).await;
}

/// Only MariaDB's test server asks for passwords.
#[cfg(feature = "mysql")]
#[tokio::test]
async fn a_user_that_may_only_read_suffices_and_a_wrong_password_is_survived() {
    let cloud = Cloud::cinder();
    let url = cloud.service.url();
    let Some(rest) = url.strip_prefix("mysql+pymysql://") else {
        return;
    };
    let (_, place) = rest.split_once('@').unwrap();
    let (_, name) = place.rsplit_once('/').unwrap();
    cloud.service.execute(&format!(
        "CREATE USER {name}@'%' IDENTIFIED BY 'old'; GRANT SELECT ON {name}.messages TO {name}@'%'"
    ));
    cloud.write(&Row::new(1, 0));
    let mut follower = cloud.follower_at(&format!("mysql+pymysql://{name}:new@{place}"));
    for _ in 0..3 {
        step(&mut follower).await;
    }
    assert_eq!(cloud.ids().await, [0_u32; 0]);
    cloud
        .service
        .execute(&format!("ALTER USER {name}@'%' IDENTIFIED BY 'new'"));
    cloud.follow_until(&mut follower, &[1]).await;
    cloud.service.execute(&format!("DROP USER {name}@'%'"));
}
