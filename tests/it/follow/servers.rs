//! Restarts, and several servers.

use std::time::Duration;

use tidings::worker::Worker;

use super::cloud::{Cloud, Row, step};

#[tokio::test]
async fn a_restarted_follower_continues() {
    let cloud = Cloud::cinder();
    let mut follower = cloud.follower();
    cloud.write(&Row::new(1, 0));
    cloud.follow_until(&mut follower, &[1]).await;
    follower.end().await;
    cloud.write(&Row::new(2, 1));
    let mut next = cloud.follower();
    cloud.follow_until(&mut next, &[1, 2]).await;
    assert_eq!(cloud.app.database.count("follow_positions"), 1);
}

#[tokio::test]
async fn of_two_one_follows_until_it_ends() {
    let cloud = Cloud::cinder();
    let (mut first, mut second) = (cloud.follower(), cloud.follower());
    step(&mut first).await;
    cloud.write(&Row::new(1, 0));
    for _ in 0..20 {
        step(&mut second).await;
    }
    assert_eq!(cloud.ids().await, [0_u32; 0], "the first one has the lease");
    cloud.follow_until(&mut first, &[1]).await;
    first.end().await;
    cloud.write(&Row::new(2, 0));
    cloud.follow_until(&mut second, &[1, 2]).await;
}

#[tokio::test]
async fn one_that_lost_its_lease_records_nothing() {
    let cloud = Cloud::cinder();
    let (mut first, mut second) = (cloud.follower(), cloud.follower());
    step(&mut first).await;
    // It was suspended for longer than its lease.
    cloud.app.clock.advance(Duration::from_secs(60));
    step(&mut second).await;
    cloud.write(&Row::new(1, 60));
    for _ in 0..20 {
        step(&mut first).await;
    }
    assert_eq!(cloud.ids().await, [0_u32; 0]);
    cloud.follow_until(&mut second, &[1]).await;
}

#[tokio::test]
async fn rows_are_recorded_once_by_changing_followers() {
    let cloud = Cloud::cinder();
    let mut ids = Vec::new();
    for round in 0..6 {
        let mut follower = cloud.follower();
        for id in round * 3 + 1..=round * 3 + 3 {
            cloud.write(&Row::new(id, 1));
            ids.push(id);
        }
        cloud.follow_until(&mut follower, &ids).await;
        // As if it was killed: the lease stays.
        drop(follower);
        cloud.app.clock.advance(Duration::from_secs(20));
    }
    assert_eq!(
        cloud
            .app
            .database
            .count("events WHERE event_type = 'message.create'"),
        ids.len()
    );
}
