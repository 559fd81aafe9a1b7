//! What arrives, in which order, and what is tried again.

use std::net::TcpListener;
use std::time::Duration;

use serde_json::{Value, json};
use tidings::listener::{Listener, Reach};
use tidings::store::Batch;
use tidings::store::delivery::{self, State};

use super::SECOND;
use super::cloud::{Cloud, Receiver};
use crate::support::{Fresh, NOW, until};

#[tokio::test]
async fn an_event_arrives_once_with_a_body_as_pulps_and_a_stable_id() {
    let (cloud, receiver) = (Cloud::start(), Receiver::start());
    let listener = cloud.webhook(&receiver).await;
    cloud.report("p1").await;
    let delivery = cloud.tried(&listener, 1).await;
    assert_eq!(delivery.state, State::Delivered);
    let state = receiver.0.state();
    let got = &state.got[0];
    assert_eq!(got.line.trim_end(), "POST /hook HTTP/1.1");
    assert_eq!(got.headers["content-type"], "application/json");
    assert_eq!(got.headers["webhook-id"], delivery.event.to_string());
    assert_eq!(got.headers["webhook-timestamp"], (NOW / SECOND).to_string());
    let body: Value = serde_json::from_slice(&got.body).unwrap();
    assert_eq!(body["event_type"], "message.delete");
    assert_eq!(body["payload"]["project_id"], "p1");
    assert_eq!(body["call_report"], Value::Null);
    assert_eq!(state.got.len(), 1);
}

#[tokio::test]
async fn a_listener_gets_its_own_projects_events_and_one_of_the_cloud_gets_all() {
    let (cloud, own, all) = (Cloud::start(), Receiver::start(), Receiver::start());
    let own_listener = cloud.webhook(&own).await;
    let members = json!({
        "notifier_type": "http",
        "notifier_config": { "url": all.url() },
        "event_types": ["*"],
    });
    let cloud_listener = cloud.listener(Reach::Cloud, members).await;
    cloud.report("p2").await;
    cloud.report("p1").await;
    until("both", async || all.count() == 2).await;
    cloud.tried(&own_listener, 1).await;
    assert_eq!(own.count(), 1);
    assert_eq!(cloud.deliveries(&cloud_listener).await.len(), 2);
    assert_eq!(cloud.deliveries(&own_listener).await.len(), 1);
}

#[tokio::test]
async fn nothing_is_written_without_a_listener() {
    let (cloud, receiver) = (Cloud::start(), Receiver::start());
    cloud.webhook(&receiver).await;
    cloud.report("p2").await;
    for table in ["deliveries", "pending_events", "events"] {
        assert_eq!(cloud.app.database.count(table), 0, "{table}");
    }
}

#[tokio::test]
async fn what_fails_is_tried_again_by_the_schedule_and_becomes_a_dead_letter() {
    let (cloud, receiver) = (Cloud::start(), Receiver::start());
    receiver.answer("500 Oops");
    let listener = cloud.webhook(&receiver).await;
    cloud.report("p1").await;
    let first = cloud.tried(&listener, 1).await;
    assert_eq!(first.state, State::Waiting);
    let wait = first.due.unwrap() - NOW;
    assert!((4 * SECOND..=6 * SECOND).contains(&wait), "{wait}");
    cloud.clock.advance(Duration::from_secs(6));
    let second = cloud.tried(&listener, 2).await;
    assert!(second.due.unwrap() - NOW >= 240 * SECOND);
    cloud.clock.advance(Duration::from_secs(360));
    let last = cloud.tried(&listener, 3).await;
    assert_eq!(
        (last.state, last.reason.as_deref()),
        (State::Dead, Some("failed 3 times"))
    );
    let ids = receiver
        .0
        .state()
        .got
        .iter()
        .map(|got| got.headers["webhook-id"].clone())
        .collect::<Vec<_>>();
    assert_eq!(ids, vec![last.event.to_string(); 3], "the id stays");
    let attempts = cloud.attempts(&listener).await;
    let statuses: Vec<_> = attempts.iter().map(|attempt| attempt.status).collect();
    assert_eq!(statuses, [Some(500); 3]);
}

#[tokio::test]
async fn a_slow_receiver_holds_up_no_other_one() {
    let cloud = Cloud::with(|config| config.listeners.concurrency = 1);
    // It accepts connections by its backlog, and answers nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let members = json!({
        "notifier_type": "http",
        "notifier_config": { "url": format!("http://{}/", silent.local_addr().unwrap()) },
        "event_types": ["message.delete"],
    });
    cloud.listener(Reach::Cloud, members).await;
    let receiver = Receiver::start();
    let good = cloud.webhook(&receiver).await;
    for _ in 0..5 {
        cloud.report("p1").await;
        cloud.tried(&good, 1).await;
    }
    assert_eq!(receiver.count(), 5);
}

#[tokio::test]
async fn a_receiver_that_refuses_at_once_holds_up_no_other_one() {
    let (cloud, receiver) = (Cloud::start(), Receiver::start());
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let members = json!({
        "notifier_type": "http",
        "notifier_config": { "url": format!("http://{nobody}/") },
        "event_types": ["message.*"],
    });
    let bad = cloud.listener(Reach::Project("p2".to_owned()), members).await;
    for _ in 0..300 {
        cloud.report("p2").await;
    }
    let good = cloud.webhook(&receiver).await;
    cloud.report("p1").await;
    assert_eq!(cloud.tried(&good, 1).await.state, State::Delivered);
    let read = cloud
        .store()
        .read(move |read| delivery::page(read, bad.id, None, None, 300));
    let page = read.await.unwrap().deliveries;
    let untried = page.iter().filter(|(one, _)| one.attempts == 0).count();
    assert!(untried > 0, "all others were tried before");
}

#[tokio::test]
async fn events_of_one_resource_stay_in_order() {
    let (cloud, receiver) = (Cloud::start(), Receiver::start());
    receiver.answer("500 Oops");
    let members = json!({
        "notifier_type": "http",
        "notifier_config": { "url": receiver.url() },
        "event_types": ["message.*"],
        "order": "resource",
        "retry": [5, 5, 5],
    });
    let listener = cloud.listener(Reach::Cloud, members).await;
    // Events of a project without a resource are one group.
    for count in 1..=3 {
        let batch = || Batch {
            events: cloud.reporter.purged(count, "2026-11-21T03:20:24.000000", NOW),
            ..Batch::default()
        };
        cloud.store().record(batch).await.unwrap();
    }
    let first = async || cloud.deliveries(&listener).await.last().unwrap().clone();
    until("the first fails", async || first().await.attempts == 1).await;
    receiver.answer("200 OK");
    cloud.clock.advance(Duration::from_secs(10));
    let all = async || {
        cloud
            .deliveries(&listener)
            .await
            .iter()
            .all(|one| one.state == State::Delivered)
    };
    until("all three", all).await;
    let state = receiver.0.state();
    let counts: Vec<_> = state
        .got
        .iter()
        .map(|got| serde_json::from_slice::<Value>(&got.body).unwrap()["payload"]["count"].clone())
        .collect();
    assert_eq!(counts, [1, 1, 2, 3]);
}

/// The database refuses every claim of a delivery of this listener.
fn break_claims(cloud: &Cloud, listener: &Listener) {
    let target = format!("listener:{}", listener.id);
    let is_claimed = "claimed_by IS NOT NULL";
    let sql = if Fresh::is_remote() {
        format!(
            "ALTER TABLE deliveries ADD CONSTRAINT broken CHECK (NOT (target = '{target}' AND {is_claimed}))"
        )
    } else {
        format!(
            "CREATE TRIGGER broken BEFORE UPDATE ON deliveries WHEN NEW.target = '{target}' AND NEW.{is_claimed} \
             BEGIN SELECT RAISE(ABORT, 'broken'); END"
        )
    };
    cloud.app.database.execute(&sql);
}

#[tokio::test]
async fn a_listener_with_broken_rows_holds_up_no_other_one() {
    let (cloud, receiver) = (Cloud::start(), Receiver::start());
    // The first of each exchange.
    let bad = cloud.webhook(&receiver).await;
    let good = cloud.webhook(&receiver).await;
    break_claims(&cloud, &bad);
    for _ in 0..3 {
        cloud.report("p1").await;
        assert_eq!(cloud.tried(&good, 1).await.state, State::Delivered);
    }
    let untried = cloud.deliveries(&bad).await;
    assert!(untried.iter().all(|one| one.attempts == 0));
    assert_eq!(receiver.count(), 3);
}
