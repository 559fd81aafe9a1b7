//! Followed messages in event streams.

use super::cloud::{Cloud, PROJECT, Row, step, uuid};
use super::pairing::{failed, ingest};
use crate::support::{Stream, until};

#[tokio::test]
async fn a_message_that_gets_the_code_of_a_row_is_sent_again() {
    let cloud = Cloud::cinder();
    let mut follower = cloud.follower();
    let mut stream = Stream::open(&cloud.app.member(PROJECT), None).await;
    ingest(&cloud, &[failed(1, 1)], 0).await;
    let (_, first) = stream.event().await;
    cloud.write(&Row::new(1, 0));
    until("the pair", async || {
        step(&mut follower).await;
        cloud.app.database.count("followed_rows") == 1
    })
    .await;
    let second = stream.late().await;
    assert_eq!(second["id"], first["id"]);
    assert_ne!(second["user_message"], first["user_message"]);
    // Nothing is sent a third time.
    cloud.write(&Row::new(2, 0));
    cloud.follow_until(&mut follower, &[0, 2]).await;
    let (_, third) = stream.event().await;
    assert_eq!(third["id"], uuid(2));
}

#[tokio::test]
async fn rows_that_were_written_during_an_outage_are_sent_when_they_come() {
    let cloud = Cloud::cinder();
    let mut follower = cloud.follower();
    let mut stream = Stream::open(&cloud.app.member(PROJECT), None).await;
    cloud.write(&Row::new(1, -3600));
    cloud.write(&Row::new(2, -172_800));
    cloud.follow_until(&mut follower, &[1, 2]).await;
    assert_eq!(stream.late().await["id"], uuid(1));
    cloud.write(&Row::new(3, 0));
    cloud.follow_until(&mut follower, &[1, 2, 3]).await;
    assert_eq!(stream.event().await.1["id"], uuid(3));
}
