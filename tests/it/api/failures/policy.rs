//! Who may do what.

use reqwest::Method;
use serde_json::json;

use super::{host, segment, send, vm};
use crate::support::TestApp;

#[tokio::test]
async fn only_administrators_may_do_anything() {
    let app = TestApp::start();
    let admin = app.admin("p1");
    let segment = segment(&admin, "s").await;
    let host = host(&admin, &segment, "compute1").await;
    let id = "/notifications/3a5ce65b-8df5-4e29-9d4d-38fa7270c011";
    let (segments, hosts) = (
        format!("/segments/{segment}"),
        format!("/segments/{segment}/hosts"),
    );
    let new_segment = json!({ "segment": { "name": "x", "recovery_method": "auto", "service_type": "x" } });
    let new_host = json!({ "host": { "name": "x", "type": "x", "control_attributes": "x" } });
    let change = |what: &str| json!({ what: { "name": "x" } });
    for (method, path, body, rule) in [
        (Method::GET, "/notifications", json!({}), "notifications:index"),
        (
            Method::POST,
            "/notifications",
            vm("compute1", 1),
            "notifications:create",
        ),
        (Method::GET, id, json!({}), "notifications:detail"),
        (Method::GET, &format!("{id}/vmoves"), json!({}), "vmoves:index"),
        (Method::GET, &format!("{id}/vmoves/x"), json!({}), "vmoves:detail"),
        (Method::GET, "/segments", json!({}), "segments:index"),
        (Method::POST, "/segments", new_segment, "segments:create"),
        (Method::GET, &segments, json!({}), "segments:detail"),
        (Method::PUT, &segments, change("segment"), "segments:update"),
        (Method::DELETE, &segments, json!({}), "segments:delete"),
        (Method::GET, &hosts, json!({}), "os-hosts:index"),
        (Method::POST, &hosts, new_host, "os-hosts:create"),
        (
            Method::GET,
            &format!("{hosts}/{host}"),
            json!({}),
            "os-hosts:detail",
        ),
        (
            Method::PUT,
            &format!("{hosts}/{host}"),
            change("host"),
            "os-hosts:update",
        ),
        (
            Method::DELETE,
            &format!("{hosts}/{host}"),
            json!({}),
            "os-hosts:delete",
        ),
    ] {
        for caller in [app.member("p1"), app.reader("p1"), app.service()] {
            let answer = send(&caller, method.clone(), path, &body).await;
            let want = format!("403 forbidden: Policy doesn't allow os_masakari_api:{rule} to be performed.");
            assert_eq!(answer.fault(), want, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn the_form_of_a_report_is_checked_before_the_policy_and_its_payload_after() {
    let app = TestApp::start();
    let member = app.member("p1");
    let status = async |body| send(&member, Method::POST, "/notifications", &body).await.status;
    assert_eq!(status(json!({ "notification": {} })).await, 400);
    let mut odd = vm("compute1", 1);
    odd["notification"]["payload"] = json!({ "x": "y" });
    assert_eq!(status(odd).await, 403);
}
