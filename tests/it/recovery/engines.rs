//! The protocol of engines over HTTP.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Actor, Answer, TestApp};

async fn send(actor: &Actor, method: Method, path: &str, body: &Value) -> Answer {
    let request = actor.request(method, &format!("/v1{path}"));
    let request = request.header("Content-Type", "application/json");
    actor.send(request.body(body.to_string())).await
}

/// A server with a host and a reported failure of a virtual machine; returns its path.
async fn reported(app: &TestApp) -> String {
    let admin = app.admin("admins");
    let segment =
        json!({ "segment": { "name": "rack1", "recovery_method": "auto", "service_type": "COMPUTE" } });
    let segment = send(&admin, Method::POST, "/segments", &segment).await.json();
    let path = format!("/segments/{}/hosts", segment["segment"]["uuid"].as_str().unwrap());
    let host = json!({ "host": { "name": "h1", "type": "COMPUTE", "control_attributes": "SSH" } });
    assert_eq!(send(&admin, Method::POST, &path, &host).await.status, 201);
    let report = json!({ "notification": {
        "type": "VM",
        "hostname": "h1",
        "generated_time": "2026-11-21T03:20:20",
        "payload": {
            "event": "LIFECYCLE",
            "vir_domain_event": "STOPPED_FAILED",
            "instance_uuid": "9f3f816b-810f-4880-9e83-1b84aa6012e1",
        },
    }});
    let notification = send(&admin, Method::POST, "/notifications", &report).await;
    assert_eq!(notification.status, 202, "{}", notification.text);
    let uuid = notification.json()["notification"]["notification_uuid"].clone();
    format!("/notifications/{}", uuid.as_str().unwrap())
}

async fn claim(actor: &Actor) -> Value {
    let answer = send(
        actor,
        Method::POST,
        "/notifications/claim",
        &json!({ "types": ["VM"] }),
    )
    .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["claim"].clone()
}

#[tokio::test]
async fn an_engine_recovers_and_the_tenant_reads_of_it() {
    let app = TestApp::start();
    let path = reported(&app).await;
    let engine = app.service();
    let claimed = claim(&engine).await;
    assert_eq!(claimed["host"]["name"], "h1");
    assert_eq!(claimed["segment"]["recovery_method"], "auto");
    assert_eq!(claimed["notification"]["recovery_workflow_details"], json!([]));
    assert_eq!(claimed["seconds"], 60);
    assert_eq!(claim(&engine).await, Value::Null);
    let lease = claimed["lease"].as_i64().unwrap();
    let step =
        json!({ "name": "StopInstanceTask", "state": "SUCCESS", "progress": 1.0, "message": "stopped" });
    let progress = json!({ "lease": lease, "steps": [step] });
    let answer = send(&engine, Method::PUT, &format!("{path}/progress"), &progress).await;
    assert_eq!(answer.json()["progress"]["seconds"], 60, "{}", answer.text);
    let tenant = json!({
        "instance_uuid": "9f3f816b-810f-4880-9e83-1b84aa6012e1", "project_id": "p1", "outcome": "recovered"
    });
    let end = json!({ "lease": lease, "status": "finished", "message": "it is active", "tenants": [tenant] });
    let answer = send(&engine, Method::POST, &format!("{path}/finish"), &end).await;
    assert_eq!(
        answer.json()["notification"]["status"],
        "finished",
        "{}",
        answer.text
    );

    let messages = app.member("p1").list("").await.json();
    assert_eq!(messages["messages"][0]["event_id"], "HA_000003");
    assert_eq!(
        messages["messages"][0]["resource_uuid"],
        "9f3f816b-810f-4880-9e83-1b84aa6012e1"
    );
    let admin = app.admin("admins").request(Method::GET, &format!("/v1{path}"));
    let shown = app
        .admin("admins")
        .send(admin.header("OpenStack-API-Version", "instance-ha 1.1"))
        .await
        .json();
    let details = &shown["notification"]["recovery_workflow_details"][0];
    assert_eq!(
        (details["name"].as_str(), details["state"].as_str()),
        (Some("StopInstanceTask"), Some("SUCCESS"))
    );
}

#[tokio::test]
async fn a_stale_lease_number_is_a_conflict_and_changes_nothing() {
    let app = TestApp::start();
    let path = reported(&app).await;
    let engine = app.service();
    let lease = claim(&engine).await["lease"].as_i64().unwrap();
    let before = app.admin("admins").get(&format!("/v1{path}")).await.text;
    for (method, action, rest) in [
        (Method::PUT, "progress", json!({})),
        (
            Method::PUT,
            "fenced",
            json!({ "method": "ipmi", "evidence": "off" }),
        ),
        (
            Method::POST,
            "finish",
            json!({ "status": "finished", "message": "done" }),
        ),
    ] {
        let mut body = rest;
        body["lease"] = json!(lease + 1);
        let answer = send(&engine, method, &format!("{path}/{action}"), &body).await;
        assert_eq!(answer.status, 409, "{}", answer.text);
        answer.assert_says_why();
    }
    assert_eq!(app.admin("admins").get(&format!("/v1{path}")).await.text, before);
}

#[tokio::test]
async fn two_servers_lease_a_notification_once() {
    let one = TestApp::start();
    let two = one.beside(&[]);
    reported(&one).await;
    let (first, second) = (one.service(), two.service());
    let claims = futures_util::future::join(claim(&first), claim(&second)).await;
    let count = [claims.0, claims.1]
        .iter()
        .filter(|claim| !claim.is_null())
        .count();
    assert_eq!(count, 1);
}

#[tokio::test]
async fn a_waiting_claim_gets_what_is_reported_meanwhile() {
    let app = TestApp::start();
    let engine = app.service();
    let body = json!({ "wait": 20 });
    let waiting = send(&engine, Method::POST, "/notifications/claim", &body);
    let (answer, path) = futures_util::future::join(waiting, reported(&app)).await;
    let uuid = answer.json()["claim"]["notification"]["notification_uuid"].clone();
    assert!(path.ends_with(uuid.as_str().unwrap()), "{}", answer.text);
}

#[tokio::test]
async fn only_services_and_admins_are_engines() {
    let app = TestApp::start();
    let path = reported(&app).await;
    for actor in [app.member("p1"), app.reader("p1")] {
        let claim = send(&actor, Method::POST, "/notifications/claim", &json!({})).await;
        let progress = send(
            &actor,
            Method::PUT,
            &format!("{path}/progress"),
            &json!({ "lease": 1 }),
        )
        .await;
        assert_eq!((claim.status, progress.status), (403, 403));
    }
    assert_eq!(claim(&app.admin("admins")).await["lease"], 1);
}

#[tokio::test]
async fn what_a_body_may_not_have_is_named() {
    let app = TestApp::start();
    let path = reported(&app).await;
    let engine = app.service();
    let lease = claim(&engine).await["lease"].as_i64().unwrap();
    let step = |change: fn(&mut Value)| {
        let mut step = json!({ "name": "s", "state": "RUNNING", "progress": 0.5, "message": "m" });
        change(&mut step);
        json!({ "steps": [step] })
    };
    let cases = [
        ("claim", json!({ "types": ["vm"] }), "types"),
        ("claim", json!({ "types": [] }), "types"),
        ("claim", json!({ "wait": 21 }), "wait"),
        ("claim", json!({ "engine": "" }), "engine"),
        ("claim", json!({ "lease": 5 }), "lease"),
        (
            "progress",
            step(|step| step["progress"] = json!(1.5)),
            "steps.progress",
        ),
        (
            "progress",
            step(|step| step["state"] = json!("DONE")),
            "steps.state",
        ),
        ("progress", step(|step| step["name"] = json!("")), "steps.name"),
        (
            "progress",
            json!({ "tenants": [{ "instance_uuid": "x", "project_id": "p1" }] }),
            "tenants.instance_uuid",
        ),
        (
            "progress",
            json!({ "vmoves": [{ "instance_uuid": "x", "status": "pending" }] }),
            "vmoves.instance_uuid",
        ),
        ("fenced", json!({ "method": "", "evidence": "off" }), "method"),
        ("finish", json!({ "status": "running", "message": "m" }), "status"),
        (
            "finish",
            json!({ "status": "finished", "message": "" }),
            "message",
        ),
    ];
    for (action, mut body, field) in cases {
        let (method, path) = match action {
            "claim" => (Method::POST, "/notifications/claim".to_owned()),
            "finish" => (Method::POST, format!("{path}/finish")),
            _ => (Method::PUT, format!("{path}/{action}")),
        };
        if action != "claim" {
            body["lease"] = json!(lease);
        }
        let answer = send(&engine, method, &path, &body).await;
        assert_eq!(answer.status, 400, "{body}: {}", answer.text);
        assert!(answer.text.contains(field), "{body}: {}", answer.text);
    }
    let unknown = "/notifications/9f3f816b-810f-4880-9e83-1b84aa6012e1/progress";
    assert_eq!(
        send(&engine, Method::PUT, unknown, &json!({ "lease": 1 }))
            .await
            .status,
        404
    );
}
