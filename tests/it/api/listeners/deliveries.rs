//! Deliveries, their attempts, and doing them again.

use std::sync::Arc;

use serde_json::{Value, json};
use tidings::config::Config;
use tidings::event::{Envelope, Priority, Reporter};

use super::{Listening, created, delivery, get, http, post, pull, receiver};
use crate::support::{NOW, until};

#[tokio::test]
async fn an_event_arrives_and_its_attempt_is_shown() {
    let server = Listening::start();
    server.deliver();
    let (member, receiver) = (server.app.member("p1"), receiver());
    let id = created(&member, &http(&receiver.url())).await;
    server.record("p2").await;
    server.record("p1").await;
    let listed = delivery(&member, &id, "delivered").await;
    let event = listed["event_id"].as_str().unwrap();
    let want = json!({
        "event_id": event,
        "event_type": "message.create",
        "created_at": "2026-11-21T03:20:24.834285",
        "state": "delivered",
        "in_flight": false,
        "next_attempt_at": null,
        "attempts_made": 1,
        "reason": null,
    });
    assert_eq!(listed, want);
    let shown = get(&member, &format!("/{id}/deliveries/{event}")).await.json()["delivery"].clone();
    let mut attempt = shown["attempts"][0].clone();
    assert!(attempt["milliseconds"].take().is_u64());
    assert_eq!(
        attempt,
        json!({
            "started_at": "2026-11-21T03:20:24.834285",
            "milliseconds": null,
            "delivered": true,
            "status": 200,
            "answer": "heard",
        })
    );
    let state = receiver.state();
    let [request] = state.requests.as_slice() else {
        panic!("{} requests", state.requests.len())
    };
    assert_eq!(request.headers["webhook-id"], event);
    let body = request.json();
    assert_eq!(
        (&body["event_type"], &body["payload"]["project_id"]),
        (&json!("message.create"), &json!("p1"))
    );
}

#[tokio::test]
async fn a_dead_letter_is_dismissed_or_delivered_again() {
    let server = Listening::start();
    server.deliver();
    let (member, receiver) = (server.app.member("p1"), receiver());
    receiver.state().status = 500;
    let mut listener = http(&receiver.url());
    listener["retry"] = json!([]);
    let id = created(&member, &listener).await;
    server.record("p1").await;
    let dead = delivery(&member, &id, "dead").await;
    assert_eq!(
        (&dead["reason"], &dead["attempts_made"]),
        (&json!("failed 1 times"), &json!(1))
    );
    let path = format!("/{id}/deliveries/{}", dead["event_id"].as_str().unwrap());
    for reason in [
        json!({}),
        json!({ "reason": " " }),
        json!({ "reason": "a\nb" }),
        json!({ "reason": "x".repeat(256) }),
    ] {
        let refused = post(&member, &format!("{path}/dismiss"), &reason).await;
        assert_eq!(
            refused.fault(),
            "400 badRequest: reason: must be a line of 1 to 255 characters"
        );
    }
    let reason = json!({ "reason": "the order was cancelled" });
    let dismissed = post(&member, &format!("{path}/dismiss"), &reason).await.json();
    assert_eq!(
        (&dismissed["delivery"]["state"], &dismissed["delivery"]["reason"]),
        (&json!("dismissed"), &json!("the order was cancelled"))
    );
    let again = post(&member, &format!("{path}/dismiss"), &reason).await;
    assert_eq!(
        again.fault(),
        "409 conflictingRequest: the delivery is dismissed, not dead"
    );
    receiver.state().status = 200;
    let due = post(&member, &format!("{path}/redeliver"), &json!({})).await;
    assert_eq!(
        (due.status, &due.json()["delivery"]["state"]),
        (202, &json!("waiting"))
    );
    delivery(&member, &id, "delivered").await;
    let shown = get(&member, &path).await.json();
    let outcomes: Vec<&Value> = shown["delivery"]["attempts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["status"])
        .collect();
    assert_eq!(outcomes, [500, 200]);
    let ids: Vec<String> = receiver
        .state()
        .requests
        .iter()
        .map(|request| request.headers["webhook-id"].clone())
        .collect();
    assert_eq!(ids[0], ids[1]);
}

#[tokio::test]
async fn a_test_reaches_one_listener_alone() {
    let server = Listening::start();
    server.deliver();
    let (member, receiver) = (server.app.member("p1"), receiver());
    let id = created(&member, &http(&receiver.url())).await;
    let other = created(&member, &pull()).await;
    let queued = post(&member, &format!("/{id}/test"), &json!({})).await;
    assert_eq!(queued.status, 202, "{}", queued.text);
    let event = queued.json()["delivery"]["event_id"].clone();
    assert_eq!(delivery(&member, &id, "delivered").await["event_id"], event);
    let body = receiver.state().requests[0].json();
    assert_eq!(
        (&body["event_type"], &body["payload"]),
        (
            &json!("listener.test"),
            &json!({ "listener_id": id, "tenant_id": "p1" })
        )
    );
    assert_eq!(
        get(&member, &format!("/{other}/deliveries")).await.json()["deliveries"],
        json!([])
    );
    let off = json!({ "listener": { "enabled": false } });
    super::call(&member, reqwest::Method::PUT, &format!("/{id}"), &off).await;
    let refused = post(&member, &format!("/{id}/test"), &json!({})).await;
    assert_eq!(
        refused.fault(),
        "409 conflictingRequest: The listener is disabled."
    );
}

#[tokio::test]
async fn deliveries_have_pages_also_those_of_one_state() {
    let server = Listening::start();
    let member = server.app.member("p1");
    let id = created(&member, &pull()).await;
    for _ in 0..3 {
        server.record("p1").await;
    }
    for query in ["?limit=2", "?state=waiting&limit=2"] {
        let (mut below, mut seen) = (format!("/{id}/deliveries{query}"), Vec::new());
        loop {
            let page = get(&member, &below).await.json();
            let ids = page["deliveries"].as_array().unwrap().iter();
            seen.extend(ids.map(|one| one["event_id"].as_str().unwrap().to_owned()));
            let Some(next) = page["deliveries_links"][0]["href"].as_str() else {
                break;
            };
            below = next.split_once("/listeners").unwrap().1.to_owned();
        }
        assert!(seen.len() == 3 && seen.is_sorted_by(|a, b| a > b), "{seen:?}");
    }
    let none = get(&member, &format!("/{id}/deliveries?state=dead")).await.json();
    assert_eq!(none, json!({ "deliveries": [] }));
    let unknown = get(&member, &format!("/{id}/deliveries?state=lost")).await;
    assert_eq!(
        unknown.fault(),
        "400 badRequest: state: must be one of waiting, delivered, dead, dismissed"
    );
    for event in ["x", "01a1fe2c-8a11-7c3e-9f0a-5d2b6c7e8f90"] {
        let missing = get(&member, &format!("/{id}/deliveries/{event}")).await;
        assert_eq!(
            missing.fault(),
            format!("404 itemNotFound: Delivery {event} could not be found.")
        );
    }
}

#[tokio::test]
async fn what_a_listener_has_missed_is_made_up_for_as_far_as_events_are_kept() {
    let server = Listening::with(&[("OS_EVENTS__KEEP", "7")]);
    let member = server.app.member("p1");
    for project in ["p1", "p1", "p2"] {
        server.record(project).await;
    }
    let id = created(&member, &pull()).await;
    server.record("p1").await;
    let again = async |body: Value| post(&member, &format!("/{id}/redeliver"), &body).await;
    let since = json!({ "since": "2026-11-21" });
    let answer = again(since.clone()).await;
    assert_eq!(answer.status, 202, "{}", answer.text);
    assert_eq!(
        answer.json(),
        json!({ "redelivery": { "count": 2, "marker": null } })
    );
    assert_eq!(again(since).await.json()["redelivery"]["count"], 0);
    let waiting = json!({ "since": "2026-11-21", "state": "waiting" });
    assert_eq!(again(waiting).await.json()["redelivery"]["count"], 3);
    let before =
        json!({ "since": "2026-11-21T03:00:00", "until": "2026-11-21T03:20:24", "state": "waiting" });
    assert_eq!(again(before).await.json()["redelivery"]["count"], 0);
    for (body, fault) in [
        (json!({}), "since: is required"),
        (
            json!({ "since": "yesterday" }),
            "since: must be a time such as 2026-11-21T03:20:24, or a date",
        ),
        (
            json!({ "since": "2026-11-21", "until": "2026-11-20" }),
            "since: must be before until",
        ),
        (
            json!({ "since": "2026-11-21", "state": "lost" }),
            "state: must be one of waiting, delivered, dead, dismissed",
        ),
        (
            json!({ "since": "2026-11-21", "marker": "x" }),
            "marker: must be that of the answer before",
        ),
    ] {
        assert_eq!(again(body).await.fault(), format!("400 badRequest: {fault}"));
    }
}

#[tokio::test]
async fn a_request_makes_up_for_so_many_and_says_where_to_continue() {
    let server = Listening::with(&[("OS_EVENTS__KEEP", "7")]);
    let reporter = Reporter::new(&Config::default());
    let event = |_| Envelope {
        message_id: reporter.next_id(NOW),
        publisher_id: "tests".to_owned(),
        event_type: "message.create".to_owned(),
        priority: Priority::Info,
        timestamp: NOW,
        payload: "{}".to_owned(),
        request_id: None,
        project_id: Some("p1".to_owned()),
        call_report: None,
    };
    server.app.keep((0..10_001).map(event).collect()).await;
    let member = server.app.member("p1");
    let id = created(&member, &pull()).await;
    let mut body = json!({ "since": "2026-11-21" });
    let first = post(&member, &format!("/{id}/redeliver"), &body).await.json();
    assert_eq!(first["redelivery"]["count"], 10_000);
    body["marker"] = first["redelivery"]["marker"].clone();
    let rest = post(&member, &format!("/{id}/redeliver"), &body).await.json();
    assert_eq!(rest, json!({ "redelivery": { "count": 1, "marker": null } }));
    // A state that only old deliveries have is found over several pages.
    let page = get(&member, &format!("/{id}/deliveries?state=dead")).await.json();
    assert_eq!(page["deliveries"], json!([]));
    assert!(page["deliveries_links"][0]["href"].is_string());
}

#[tokio::test]
async fn a_listener_deleted_while_its_events_wait_leaves_nothing() {
    let server = Listening::start();
    let member = server.app.member("p1");
    let id = created(&member, &pull()).await;
    server.record("p1").await;
    super::call(&member, reqwest::Method::DELETE, &format!("/{id}"), &json!({})).await;
    let database = Arc::clone(&server.app.database);
    until("no delivery", async || {
        crate::support::Database::open(database.url()).count("deliveries") == 0
    })
    .await;
}
