//! Reporting events.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Actor, Answer, TestApp};

/// Starts a server that keeps events for audits.
pub fn keeping() -> TestApp {
    TestApp::with_options(&[
        ("OS_EVENTS__KEEP", "7"),
        ("OS_DEFAULT__DEFAULT_PUBLISHER_ID", "tests"),
    ])
}

pub fn sync(repository: &str) -> Value {
    json!({ "event_type": "repo.sync.start", "priority": "INFO", "payload": { "repo_id": repository } })
}

pub async fn post(actor: &Actor, project: &str, key: Option<&str>, body: &Value) -> Answer {
    let mut request = actor
        .request(Method::POST, &format!("/v3/{project}/events"))
        .header("Content-Type", "application/json")
        .body(body.to_string());
    if let Some(key) = key {
        request = request.header("Idempotency-Key", key);
    }
    actor.send(request).await
}

pub async fn listed(app: &TestApp, query: &str) -> Vec<Value> {
    let answer = app.admin("ops").get(&format!("/v3/ops/events?{query}")).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["events"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_report_is_taken_and_kept() {
    let app = keeping();
    let mut report = sync("pulp-f17");
    report["publisher_id"] = "repo.host1".into();
    report["request_id"] = "req-1".into();
    report["call_report"] = json!({ "task_id": "t" });
    let answer = post(&app.service(), "p1", None, &json!({ "event": report })).await;
    assert_eq!(answer.status, 202, "{}", answer.text);
    let made = answer.json();
    let event = json!({
        "message_id": made["event"]["message_id"],
        "publisher_id": "repo.host1",
        "event_type": "repo.sync.start",
        "priority": "INFO",
        "timestamp": "2026-11-21T03:20:24.834285",
    });
    assert_eq!(made, json!({ "event": event }));
    let mut want = event;
    want["payload"] = json!({ "repo_id": "pulp-f17" });
    want["project_id"] = "p1".into();
    want["request_id"] = "req-1".into();
    want["call_report"] = json!({ "task_id": "t" });
    assert_eq!(listed(&app, "").await, [want]);
}

#[tokio::test]
async fn what_the_catalog_does_not_know_passes_and_large_numbers_become_inexact() {
    let app = keeping();
    let body = r#"{"event": {"event_type": "repo.sync.start", "priority": "INFO",
        "payload": {"repo_id": "r", "near": 18446744073709551615, "far": 18446744073709551617}}}"#;
    let service = app.service();
    let request = service
        .request(Method::POST, "/v3/p1/events")
        .header("Content-Type", "application/json");
    assert_eq!(service.send(request.body(body)).await.status, 202);
    let payload = &listed(&app, "").await[0]["payload"];
    assert_eq!(
        *payload,
        json!({ "repo_id": "r", "near": u64::MAX, "far": 18_446_744_073_709_551_616.0 })
    );
}

#[tokio::test]
async fn a_batch_is_taken_in_its_order_or_not_at_all() {
    let app = keeping();
    let answer = post(
        &app.service(),
        "p1",
        None,
        &json!({ "events": [sync("a"), sync("b"), sync("c")] }),
    )
    .await;
    let ids: Vec<String> = answer.json()["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["message_id"].as_str().unwrap().to_owned())
        .collect();
    assert!(ids.is_sorted() && ids.len() == 3);
    let mut bad = sync("d");
    bad["payload"] = json!({});
    let refused = post(
        &app.service(),
        "p1",
        None,
        &json!({ "events": [sync("d"), bad, {"event_type": "x.y", "priority": "INFO", "payload": 1}] }),
    )
    .await;
    assert_eq!(
        refused.fault(),
        "400 badRequest: events[1].payload.repo_id: is required; events[2].event_type: is not in the catalog"
    );
    assert_eq!(listed(&app, "").await.len(), 3);
}

#[tokio::test]
async fn a_key_makes_a_report_repeatable() {
    let app = keeping();
    let body = json!({ "events": [sync("a"), sync("b")] });
    let first = post(&app.service(), "p1", Some("k"), &body).await;
    app.clock.advance(Duration::from_secs(5));
    let again = post(&app.service(), "p1", Some("k"), &body).await;
    assert_eq!((first.status, first.json()), (again.status, again.json()));
    let other = post(&app.service(), "p1", Some("k"), &json!({ "event": sync("c") })).await;
    assert_eq!(other.status, 422);
    assert_eq!(listed(&app, "").await.len(), 2);
    // On the messages' route, the same key belongs to another request.
    let body = json!({ "message": { "event_id": "VOLUME_000002" } });
    assert_eq!(app.service().post_once("p1", "k", &body).await.status, 201);
}

#[tokio::test]
async fn without_a_driver_a_report_is_checked_and_goes_nowhere() {
    let app = TestApp::start();
    let answer = post(&app.service(), "p1", None, &json!({ "event": sync("a") })).await;
    assert_eq!(answer.status, 202);
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    assert_eq!(answer.json()["event"]["publisher_id"], host.trim());
    let repeated = post(&app.service(), "p1", Some("k"), &json!({ "event": sync("a") })).await;
    let again = post(&app.service(), "p1", Some("k"), &json!({ "event": sync("a") })).await;
    assert_eq!(repeated.json(), again.json());
    assert_eq!(listed(&app, "").await.len(), 0);
    let bad = post(
        &app.service(),
        "p1",
        None,
        &json!({ "event": {"event_type": "x", "priority": "INFO", "payload": {}} }),
    )
    .await;
    assert_eq!(
        bad.fault(),
        "400 badRequest: event.event_type: is not in the catalog"
    );
    assert_eq!(app.figures().await["tidings_events_reported_total"], 2);
}

#[tokio::test]
async fn bodies_that_are_none_are_refused() {
    let app = TestApp::start();
    let service = app.service();
    for (body, want) in [
        (json!({}), "event: is required, or events"),
        (json!({ "events": [] }), "events: must not be empty"),
        (
            json!({ "event": sync("a"), "events": [] }),
            "event: cannot be given together with events",
        ),
        (
            json!({ "event": [] }),
            "event: invalid type: sequence, expected an object at line 1 column 9",
        ),
        (
            json!({ "event": { "event_type": "repo.sync.start" } }),
            "event: missing field `priority` at line 1 column 41",
        ),
    ] {
        let answer = post(&service, "p1", None, &body).await;
        assert_eq!(answer.fault(), format!("400 badRequest: {want}"));
    }
    let plain = service.request(Method::POST, "/v3/p1/events").body("{}");
    assert_eq!(service.send(plain).await.status, 415);
    let many = json!({ "events": vec![sync("a"); 1001] });
    assert_eq!(
        post(&service, "p1", None, &many).await.fault(),
        "400 badRequest: events: must not be more than 1000"
    );
}

#[tokio::test]
async fn only_services_report_and_only_admins_read() {
    let app = keeping();
    for actor in [app.member("p1"), app.reader("p1")] {
        let answer = post(&actor, "p1", None, &json!({ "event": sync("a") })).await;
        assert_eq!(answer.status, 403, "{}", answer.text);
        assert_eq!(actor.get("/v3/p1/events").await.status, 403);
    }
    assert_eq!(app.service().get("/v3/services/events").await.status, 403);
    assert_eq!(app.admin("ops").get("/v3/p1/events").await.status, 400);
    assert_eq!(
        post(&app.admin("ops"), "p1", None, &json!({ "event": sync("a") }))
            .await
            .status,
        202
    );
    let delete = app.admin("ops").request(Method::DELETE, "/v3/ops/events");
    assert_eq!(app.admin("ops").send(delete).await.status, 404);
}

#[tokio::test]
async fn messages_tell_of_themselves_where_events_go_anywhere() {
    let app = keeping();
    let recorded = app
        .service()
        .post("p1", &json!({ "message": { "event_id": "VOLUME_000002" } }))
        .await
        .json();
    let message = &recorded["message"];
    let id = message["id"].as_str().unwrap();
    app.clock.advance(Duration::from_secs(1));
    let gone = app.member("p1").delete(id).await;
    assert_eq!(gone.status, 204);
    let events = listed(&app, "").await;
    let [deleted, created] = events.as_slice() else {
        panic!("{events:?}");
    };
    assert_eq!(
        (&deleted["event_type"], &deleted["project_id"]),
        (&"message.delete".into(), &"p1".into())
    );
    assert_eq!(
        deleted["payload"],
        json!({ "id": id, "project_id": "p1", "tenant_id": "p1" })
    );
    assert_eq!(deleted["request_id"], gone.header("x-openstack-request-id"));
    assert_eq!(created["request_id"], message["request_id"]);
    assert_eq!(created["publisher_id"], "tests");
    assert_eq!(
        created["payload"],
        json!({
            "id": id, "project_id": "p1", "tenant_id": "p1", "event_id": "VOLUME_000002", "resource_type": null, "resource_uuid": null,
            "request_id": message["request_id"], "message_level": "ERROR", "created_at": message["created_at"],
            "guaranteed_until": message["guaranteed_until"], "user_message": message["user_message"],
            "action": null, "detail": null, "parameters": null, "retryable": true,
            "remedy": "Try a smaller size or another volume type, or try again later.",
        })
    );
    // An admin may delete another project's message, and the event is about that project.
    let other = app
        .service()
        .post("p2", &json!({ "message": { "event_id": "VOLUME_000002" } }))
        .await
        .json();
    let id = other["message"]["id"].as_str().unwrap();
    assert_eq!(app.admin("ops").delete(id).await.status, 204);
    assert_eq!(app.admin("ops").delete(id).await.status, 404);
    let last = &listed(&app, "event_type=message.delete&limit=1").await[0];
    assert_eq!(
        (&last["project_id"], &last["payload"]["id"]),
        (&"p2".into(), &id.into())
    );
}

/// The events about messages are reliable and contain no free text.
#[tokio::test]
async fn events_of_this_service_cannot_be_reported() {
    let app = keeping();
    for event_type in ["message.create", "message.delete", "message.purge"] {
        let report = json!({ "event_type": event_type, "priority": "INFO",
            "payload": { "id": "00000000-0000-4000-8000-000000000001", "project_id": "p1", "count": 1, "text": "node7 is out of order" } });
        let fault = post(&app.service(), "p1", None, &json!({ "event": report }))
            .await
            .fault();
        let want = "400 badRequest: event.event_type: can only be reported by this service itself";
        assert!(fault.starts_with(want), "{fault}");
    }
    assert_eq!(listed(&app, "").await.len(), 0);
}

#[tokio::test]
async fn disabled_types_go_nowhere() {
    let app = TestApp::with_options(&[
        ("OS_EVENTS__KEEP", "7"),
        ("OS_DEFAULT__DISABLED_NOTIFICATIONS", "message,repo.publish.start"),
    ]);
    let publish = json!({ "event_type": "repo.publish.start", "priority": "INFO",
        "payload": { "repo_id": "r", "distributor_id": "d" } });
    let answer = post(
        &app.service(),
        "p1",
        None,
        &json!({ "events": [publish, sync("a")] }),
    )
    .await;
    assert_eq!(answer.json()["events"].as_array().unwrap().len(), 2);
    app.service()
        .post("p1", &json!({ "message": { "event_id": "VOLUME_000002" } }))
        .await;
    let events = listed(&app, "").await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["event_type"], "repo.sync.start");
}
