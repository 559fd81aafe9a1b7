//! From events to receivers: what arrives, what is tried again, and what becomes of a receiver that fails.

mod certificates;
pub mod cloud;
mod faults;
mod faulty;

use std::net::TcpListener;
use std::time::Duration;

use serde_json::{Map, Value, json};
use tidings::delivery::follow_catalog;
use tidings::listener::Reach;
use tidings::store::Batch;
use tidings::store::delivery::{self, State};

use crate::support::{NOW, until};
use cloud::{Cloud, Receiver};

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;

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
async fn globs_are_expanded_again_when_the_catalog_has_changed() {
    let (cloud, receiver) = (Cloud::start(), Receiver::start());
    let listener = cloud.webhook(&receiver).await;
    assert_eq!(
        follow_catalog(cloud.store()).await,
        Ok(1),
        "no catalog is noted yet"
    );
    assert_eq!(follow_catalog(cloud.store()).await, Ok(0));
    // As an older program left it, whose catalog knew only one type.
    cloud
        .app
        .database
        .execute("DELETE FROM subscriptions WHERE event_type <> 'message.create'");
    cloud
        .app
        .database
        .execute("UPDATE subscription_version SET catalog = 'older'");
    assert_eq!(follow_catalog(cloud.store()).await, Ok(1));
    cloud.report("p1").await;
    assert_eq!(cloud.tried(&listener, 1).await.state, State::Delivered);
}

/// Otherwise the mail server would be an open relay, and the broker's consumers would read what a tenant chose.
#[tokio::test]
async fn a_project_has_neither_the_mail_server_nor_the_broker() {
    let cloud = Cloud::start();
    for (notifier, config) in [
        ("email", json!({ "subject": "s", "addresses": ["a@example.org"] })),
        ("amqp", json!({})),
    ] {
        let members = json!({
            "notifier_type": notifier,
            "notifier_config": config,
            "event_types": ["message.*"],
        });
        let members: Map<String, Value> = serde_json::from_value(members).unwrap();
        let created = cloud
            .registrar
            .create(Reach::Project("p1".to_owned()), &members)
            .await;
        let text = created.unwrap_err().to_string();
        assert!(
            text.starts_with(&format!(
                "notifier_type: {notifier} is for listeners of scope cloud"
            )),
            "{text}"
        );
        assert!(cloud.registrar.create(Reach::Cloud, &members).await.is_ok());
    }
}

/// Whoever may change a listener need not know its secrets.
#[tokio::test]
async fn secrets_do_not_follow_a_listener_to_another_server() {
    let cloud = Cloud::start();
    let members = json!({
        "notifier_type": "http",
        "notifier_config": { "url": "https://example.org/a", "headers": { "x-key": "hidden" } },
        "event_types": ["message.*"],
    });
    let listener = cloud.listener(Reach::Project("p1".to_owned()), members).await;
    let change = async |config: Value| {
        let changes = serde_json::from_value(json!({ "notifier_config": config })).unwrap();
        let updated = cloud.registrar.update(listener.id, &changes).await;
        updated.map(|_| ()).map_err(|error| error.to_string())
    };
    let refused =
        "notifier_config.headers: must be given again for a URL of another server, or removed with null";
    assert_eq!(
        change(json!({ "url": "https://example.net/a" })).await,
        Err(refused.to_owned())
    );
    let masked = json!({ "url": "https://example.net/a", "headers": { "x-key": "*****" } });
    assert_eq!(change(masked).await, Err(refused.to_owned()));
    assert_eq!(change(json!({ "url": "https://example.org/b" })).await, Ok(()));
    assert_eq!(
        change(json!({ "url": "https://example.net/a", "headers": null })).await,
        Ok(())
    );
}

/// It has got operators' events, which members would then see.
#[tokio::test]
async fn a_listener_for_operators_does_not_become_one_for_members() {
    let (cloud, receiver) = (Cloud::start(), Receiver::start());
    let members = json!({
        "notifier_type": "http",
        "notifier_config": { "url": receiver.url() },
        "event_types": ["*"],
    });
    let listener = cloud.listener(Reach::Project("p1".to_owned()), members).await;
    let narrowed = serde_json::from_value(json!({ "event_types": ["message.*"] })).unwrap();
    let refused = cloud.registrar.update(listener.id, &narrowed).await.unwrap_err();
    assert!(
        refused.to_string().starts_with("event_types: cannot be narrowed"),
        "{refused}"
    );
}

#[tokio::test]
async fn nothing_is_written_where_nobody_listens() {
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
async fn a_receiver_that_is_gone_disables_its_listener_and_the_owner_is_told() {
    let (cloud, receiver) = (Cloud::start(), Receiver::start());
    receiver.answer("410 Gone");
    let listener = cloud.webhook(&receiver).await;
    cloud.report("p1").await;
    until("the end", async || {
        !cloud.shown(&listener).await.settings.is_enabled
    })
    .await;
    let shown = cloud.shown(&listener).await;
    assert_eq!(
        shown.disabled_reason.as_deref(),
        Some("the receiver answered 410 Gone")
    );
    let told = cloud.app.member("p1").list("").await;
    assert_eq!(told.json()["messages"][0]["event_id"], "TIDINGS_000002");
    assert_eq!(told.json()["messages"][0]["resource_type"], "LISTENER");
    assert_eq!(
        told.json()["messages"][0]["resource_uuid"],
        listener.id.to_string()
    );
    // Nothing more is written for it, and what it has not got arrives once it is enabled again.
    cloud.report("p1").await;
    assert_eq!(cloud.deliveries(&listener).await.len(), 1);
    receiver.answer("200 OK");
    let enable = serde_json::from_value(json!({"enabled": true})).unwrap();
    let enabled = cloud.registrar.update(listener.id, &enable).await.unwrap();
    assert_eq!((enabled.failing_since, enabled.disabled_reason), (None, None));
    cloud.clock.advance(Duration::from_secs(10));
    assert_eq!(cloud.tried(&listener, 2).await.state, State::Delivered);
}

#[tokio::test]
async fn a_listener_that_fails_for_days_is_disabled_unless_a_delivery_arrives_meanwhile() {
    let (cloud, receiver) = (Cloud::start(), Receiver::start());
    receiver.answer("500 Oops");
    let listener = cloud.webhook(&receiver).await;
    let fail = async |days: i64| {
        cloud
            .clock
            .advance(Duration::from_secs((days * 86_400).unsigned_abs()));
        cloud.report("p1").await;
        cloud.tried(&listener, 1).await;
    };
    fail(0).await;
    fail(4).await;
    assert_eq!(cloud.shown(&listener).await.failing_since, Some(NOW));
    receiver.answer("200 OK");
    fail(0).await;
    until("it has recovered", async || {
        cloud.shown(&listener).await.failing_since.is_none()
    })
    .await;
    receiver.answer("500 Oops");
    fail(4).await;
    fail(4).await;
    assert!(cloud.shown(&listener).await.settings.is_enabled);
    cloud.clock.advance(Duration::from_secs(2 * 86_400));
    until("the end", async || {
        !cloud.shown(&listener).await.settings.is_enabled
    })
    .await;
    let shown = cloud.shown(&listener).await;
    assert_eq!(
        shown.disabled_reason.as_deref(),
        Some("every delivery has failed for 6 days")
    );
    assert_eq!(shown.failing_since, Some(NOW + 8 * DAY));
}

#[tokio::test]
async fn a_slow_receiver_holds_up_nobody_else() {
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
async fn a_receiver_that_refuses_at_once_holds_up_nobody_else() {
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
        .read(move |read| delivery::records(read, bad.id, None, None, 300));
    let untried = read.await.unwrap().iter().filter(|one| one.attempts == 0).count();
    assert!(untried > 0, "all others were tried before");
}

#[tokio::test]
async fn addresses_inside_are_refused_at_each_attempt_and_when_written() {
    let cloud = Cloud::with(|config| config.files = vec!["tidings.conf".into()]);
    let members = |url: &str| {
        let members = json!({
            "notifier_type": "http",
            "notifier_config": { "url": url },
            "event_types": ["message.*"],
        });
        serde_json::from_value::<Map<String, Value>>(members).unwrap()
    };
    let reach = || Reach::Project("p1".to_owned());
    let refused = cloud
        .registrar
        .create(reach(), &members("http://127.0.0.1:9/"))
        .await;
    assert_eq!(
        refused.unwrap_err().to_string(),
        "notifier_config.url: the host is a loopback address, which must not be called"
    );
    // A name is resolved at each attempt.
    let (listener, _) = cloud
        .registrar
        .create(reach(), &members("http://localhost:9/"))
        .await
        .unwrap();
    cloud.report("p1").await;
    assert_eq!(cloud.tried(&listener, 1).await.state, State::Waiting);
    let answer = &cloud.attempts(&listener).await[0].answer;
    assert_eq!(answer, "the host has no address that may be called");
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
