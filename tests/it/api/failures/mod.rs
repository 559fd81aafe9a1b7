//! `/v1`: failure notifications, segments and hosts, as Masakari's clients see them.

mod create;
mod hosts;
mod list;
mod paths;
mod policy;
mod segments;
pub mod show;

use reqwest::Method;
use serde_json::{Value, json};
use tidings::failure::{FailureNotification, Status};
use tidings::store::failure;
use uuid::Uuid;

use crate::support::{Actor, Answer, TestApp};

/// Sends a body to a path below `/v1`.
pub async fn send(actor: &Actor, method: Method, path: &str, body: &Value) -> Answer {
    let request = actor.request(method, &format!("/v1{path}"));
    let request = request
        .header("Content-Type", "application/json")
        .header("OpenStack-API-Version", "instance-ha 1.3");
    actor.send(request.body(body.to_string())).await
}

async fn get(actor: &Actor, path: &str) -> Answer {
    let request = actor.request(Method::GET, &format!("/v1{path}"));
    let request = request.header("OpenStack-API-Version", "instance-ha 1.3");
    actor.send(request).await
}

/// Creates a segment and returns its UUID.
pub async fn segment(actor: &Actor, name: &str) -> String {
    let body = json!({ "segment": { "name": name, "recovery_method": "auto", "service_type": "COMPUTE" } });
    let answer = send(actor, Method::POST, "/segments", &body).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json()["segment"]["uuid"].as_str().unwrap().to_owned()
}

/// Adds a host to a segment and returns its UUID.
pub async fn host(actor: &Actor, segment: &str, name: &str) -> String {
    let body = json!({ "host": { "name": name, "type": "COMPUTE", "control_attributes": "SSH" } });
    let answer = send(actor, Method::POST, &format!("/segments/{segment}/hosts"), &body).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json()["host"]["uuid"].as_str().unwrap().to_owned()
}

/// A report of a virtual machine, distinct by its number.
pub fn vm(host: &str, number: u128) -> Value {
    json!({ "notification": {
        "type": "VM",
        "hostname": host,
        "generated_time": "2026-11-21T03:20:20.125",
        "payload": {
            "instance_uuid": Uuid::from_u128(number).to_string(),
            "vir_domain_event": "STOPPED_FAILED",
            "event": "LIFECYCLE",
        },
    }})
}

/// Reports it and returns the notification.
pub async fn reported(actor: &Actor, report: &Value) -> Value {
    let answer = send(actor, Method::POST, "/notifications", report).await;
    assert_eq!(answer.status, 202, "{}", answer.text);
    answer.json()["notification"].clone()
}

/// Changes a notification as the worker and engines do.
pub async fn change(
    app: &TestApp,
    uuid: &str,
    change: impl Fn(&mut FailureNotification) + Send + Sync + 'static,
) {
    let uuid: Uuid = uuid.parse().unwrap();
    let changed = app.store.write(move |tx| {
        let mut notification = failure::notification(tx.conn(), uuid)?;
        change(&mut notification);
        failure::save(tx, &notification)
    });
    changed.await.unwrap();
}

pub fn finish(notification: &mut FailureNotification) {
    notification.status = Status::Finished;
    (notification.turn, notification.due) = (None, None);
}
