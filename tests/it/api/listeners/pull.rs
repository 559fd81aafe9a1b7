//! Receivers that fetch their deliveries.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::{Listening, call, created, get, http, post, pull};
use crate::support::{Actor, NOW};

async fn claim(actor: &Actor, id: &str, body: &Value) -> Value {
    let answer = post(actor, &format!("/{id}/claim"), body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["claim"].clone()
}

#[tokio::test]
async fn deliveries_are_leased_and_settled() {
    let server = Listening::start();
    let member = server.app.member("p1");
    let mut listener = pull();
    listener["format"] = "cloudevents".into();
    let id = created(&member, &listener).await;
    let nothing = json!({ "id": null, "ends_at": null, "deliveries": [] });
    assert_eq!(claim(&member, &id, &json!({})).await, nothing);
    for _ in 0..2 {
        server.record("p1").await;
    }
    let first = claim(&member, &id, &json!({ "limit": 1 })).await;
    assert_eq!(first["ends_at"], "2026-11-21T03:21:24.834285");
    let leased = &first["deliveries"][0];
    assert_eq!(
        (
            &leased["event_type"],
            &leased["content_type"],
            &leased["attempts_made"]
        ),
        (
            &json!("message.create"),
            &json!("application/cloudevents+json; charset=utf-8"),
            &json!(0)
        )
    );
    assert_eq!(leased["body"]["id"], leased["event_id"]);
    let second = claim(&member, &id, &json!({})).await;
    assert_eq!(second["deliveries"].as_array().unwrap().len(), 1);
    assert_ne!(second["deliveries"][0]["event_id"], leased["event_id"]);
    assert_eq!(claim(&member, &id, &json!({})).await, nothing);
    let unknown = "01a1fe2c-8a11-7c3e-9f0a-5d2b6c7e8f90";
    let ids = json!({ "ids": [leased["event_id"], unknown] });
    for _ in 0..2 {
        let settled = post(&member, &format!("/{id}/settle"), &ids).await;
        assert_eq!(settled.status, 200, "{}", settled.text);
        assert_eq!(settled.json(), json!({ "settled": { "unknown": [unknown] } }));
    }
    let path = format!("/{id}/deliveries/{}", leased["event_id"].as_str().unwrap());
    let shown = get(&member, &path).await.json()["delivery"].clone();
    assert_eq!(
        (&shown["state"], &shown["attempts_made"]),
        (&json!("delivered"), &json!(1))
    );
    assert_eq!(shown["attempts"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn what_is_not_settled_is_leased_again_and_dies_in_the_end() {
    let server = Listening::start();
    let (member, clock) = (server.app.member("p1"), &server.app.clock);
    let mut listener = pull();
    listener["retry"] = json!([5]);
    let id = created(&member, &listener).await;
    server.record("p1").await;
    let lease = json!({ "lease": 10 });
    let first = claim(&member, &id, &lease).await;
    let event = first["deliveries"][0]["event_id"].clone();
    let path = format!("/{id}/deliveries/{}", event.as_str().unwrap());
    let leased = get(&member, &path).await.json()["delivery"].clone();
    assert_eq!(
        (&leased["in_flight"], &leased["next_attempt_at"]),
        (&json!(true), &Value::Null)
    );
    let early = post(&member, &format!("{path}/redeliver"), &json!({})).await;
    assert_eq!(early.fault(), "409 conflictingRequest: an attempt is in flight");
    clock.advance(Duration::from_secs(10));
    // The lease has ended; the schedule asks for five more seconds.
    assert_eq!(claim(&member, &id, &lease).await["deliveries"], json!([]));
    clock.advance(Duration::from_secs(5));
    let again = claim(&member, &id, &lease).await["deliveries"][0].clone();
    assert_eq!((&again["event_id"], &again["attempts_made"]), (&event, &json!(1)));
    clock.advance(Duration::from_secs(10));
    assert_eq!(claim(&member, &id, &lease).await["deliveries"], json!([]));
    let dead = get(&member, &path).await.json()["delivery"].clone();
    assert_eq!(
        (&dead["state"], &dead["reason"]),
        (&json!("dead"), &json!("failed 2 times"))
    );
    for attempt in dead["attempts"].as_array().unwrap() {
        assert_eq!(
            (
                &attempt["delivered"],
                &attempt["milliseconds"],
                &attempt["answer"]
            ),
            (
                &json!(false),
                &json!(10_000),
                &json!("the lease ended before it was settled")
            )
        );
    }
    // A receiver that comes late has the event nevertheless.
    post(&member, &format!("/{id}/settle"), &json!({ "ids": [event] })).await;
    assert_eq!(get(&member, &path).await.json()["delivery"]["state"], "delivered");
}

#[tokio::test]
async fn a_claim_waits_for_an_event() {
    let server = Listening::start();
    let member = server.app.member("p1");
    let id = created(&member, &pull()).await;
    let body = json!({ "wait": 20 });
    let (claimed, ()) = tokio::join!(claim(&member, &id, &body), server.record("p1"));
    assert_eq!(claimed["deliveries"].as_array().unwrap().len(), 1);
    assert!(claimed["ends_at"].is_string() && server.app.clock.clock().now() == NOW);
}

#[tokio::test]
async fn only_listeners_of_this_kind_are_fetched_from_and_within_bounds() {
    let server = Listening::start();
    let member = server.app.member("p1");
    let sent = created(&member, &http("https://example.org")).await;
    let want = "409 conflictingRequest: The notifier of the listener is http, not pull: its deliveries cannot be fetched.";
    assert_eq!(
        post(&member, &format!("/{sent}/claim"), &json!({})).await.fault(),
        want
    );
    let ids = json!({ "ids": ["01a1fe2c-8a11-7c3e-9f0a-5d2b6c7e8f90"] });
    assert_eq!(
        post(&member, &format!("/{sent}/settle"), &ids).await.fault(),
        want
    );
    let id = created(&member, &pull()).await;
    for (operation, body, fault) in [
        ("claim", json!({ "limit": 0 }), "limit: must be 1 to 100"),
        ("claim", json!({ "limit": 101 }), "limit: must be 1 to 100"),
        ("claim", json!({ "limit": 44.5 }), "limit: must be 1 to 100"),
        ("claim", json!({ "limit": "44" }), "limit: must be 1 to 100"),
        ("claim", json!({ "wait": 21 }), "wait: must be 0 to 20 seconds"),
        ("claim", json!({ "wait": -1 }), "wait: must be 0 to 20 seconds"),
        (
            "claim",
            json!({ "lease": 1e300 }),
            "lease: must be 1 to 3600 seconds",
        ),
        ("claim", json!({ "lease": 0 }), "lease: must be 1 to 3600 seconds"),
        ("settle", json!({}), "ids: must be 1 to 100 event ids"),
        (
            "settle",
            json!({ "ids": vec!["x"; 101] }),
            "ids: must be 1 to 100 event ids",
        ),
        ("settle", json!({ "ids": ["x"] }), "ids: \"x\" is not an id"),
    ] {
        let refused = post(&member, &format!("/{id}/{operation}"), &body).await;
        assert_eq!(refused.fault(), format!("400 badRequest: {fault}"));
    }
    // As in JSON Schema, it is a whole number.
    let whole = post(&member, &format!("/{id}/claim"), &json!({ "limit": 44.0 })).await;
    assert_eq!(whole.status, 200, "{}", whole.text);
    let off = json!({ "listener": { "enabled": false } });
    call(&member, Method::PUT, &format!("/{id}"), &off).await;
    let refused = post(&member, &format!("/{id}/claim"), &json!({})).await;
    assert_eq!(
        refused.fault(),
        "409 conflictingRequest: The listener is disabled."
    );
}
