//! `/healthcheck` and its backends, for load balancers and operators.

use std::fs;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::keystone::{FakeKeystone, Mood};
use crate::support::{Answer, TestApp, until};

async fn as_json(app: &TestApp) -> (u16, Value) {
    let anyone = app.anonymous();
    let request = anyone.request(Method::GET, "/healthcheck");
    let answer = anyone.send(request.header("Accept", "application/json")).await;
    assert_eq!(answer.header("content-type"), "application/json");
    (answer.status, answer.json())
}

async fn as_text(app: &TestApp) -> (u16, String) {
    let Answer { status, text, .. } = app.anonymous().get("/healthcheck").await;
    (status, text)
}

async fn head(app: &TestApp) -> u16 {
    let anyone = app.anonymous();
    anyone
        .send(anyone.request(Method::HEAD, "/healthcheck"))
        .await
        .status
}

#[tokio::test]
async fn the_plain_answer_is_oslos() {
    let app = TestApp::start();
    assert_eq!(as_text(&app).await, (200, "OK".to_owned()));
    assert_eq!(
        as_json(&app).await,
        (200, json!({ "detailed": false, "reasons": ["OK"] }))
    );
    assert_eq!(head(&app).await, 204);
    let app = TestApp::with_options(&[("OS_HEALTHCHECK__BACKENDS", "")]);
    assert_eq!(as_text(&app).await, (200, "OK".to_owned()));
}

#[tokio::test]
async fn a_file_takes_the_server_out_of_service_and_everything_else_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("draining");
    let app = TestApp::with_options(&[("OS_HEALTHCHECK__DISABLE_BY_FILE_PATH", file.to_str().unwrap())]);
    assert_eq!((as_text(&app).await.0, head(&app).await), (200, 204));
    fs::write(&file, "").unwrap();
    assert_eq!(as_text(&app).await, (503, "DISABLED BY FILE".to_owned()));
    assert_eq!(
        as_json(&app).await,
        (503, json!({ "detailed": false, "reasons": ["DISABLED BY FILE"] }))
    );
    assert_eq!(head(&app).await, 503);
    let body = json!({ "message": { "event_id": "VOLUME_000002" } });
    assert_eq!(app.service().post("p1", &body).await.status, 201);
    assert_eq!(app.member("p1").list("").await.ids().len(), 1);
    fs::remove_file(&file).unwrap();
    assert_eq!((as_text(&app).await.0, head(&app).await), (200, 204));
}

#[tokio::test]
async fn a_database_that_is_gone_is_found_and_its_place_is_told_only_in_detail() {
    let options = [("OS_HEALTHCHECK__BACKENDS", "disable_by_file,database")];
    let app = TestApp::with_options(&options);
    assert_eq!(as_text(&app).await, (200, "OK\nOK".to_owned()));
    app.store.close();
    until("what is asked again a second later", async || {
        as_text(&app).await.0 == 503
    })
    .await;
    assert_eq!(
        as_json(&app).await,
        (
            503,
            json!({ "detailed": false, "reasons": ["OK", "DATABASE UNAVAILABLE"] })
        )
    );

    let app = TestApp::with_options(&[options[0], ("OS_HEALTHCHECK__DETAILED", "true")]);
    app.store.close();
    let (status, body) = as_json(&app).await;
    assert_eq!((status, &body["detailed"]), (503, &json!(true)));
    let database = &body["reasons"][1];
    assert_eq!(
        (&database["class"], &database["reason"]),
        (&json!("database"), &json!("DATABASE UNAVAILABLE"))
    );
    let details = database["details"].as_str().unwrap();
    assert!(details.contains("://") && details.contains("closed"), "{details}");
}

#[tokio::test]
async fn keystone_is_looked_at_with_what_this_server_is_to_it() {
    let keystone = FakeKeystone::start();
    let app = keystone.app_with(&[
        ("OS_HEALTHCHECK__BACKENDS", "keystone,database"),
        ("OS_HEALTHCHECK__DETAILED", "true"),
    ]);
    let (status, body) = as_json(&app).await;
    let details = "Keystone answers, and knows this server";
    assert_eq!(
        (status, &body["reasons"][0]),
        (
            200,
            &json!({ "class": "keystone", "details": details, "reason": "OK" })
        )
    );
    assert_eq!(body["now"], "2026-11-21T03:20:24.834285");
    assert_eq!(body["version"], env!("CARGO_PKG_VERSION"));
    keystone.state().mood = Mood::Closes;
    // Within the second, a repeated request triggers no new check.
    assert_eq!(as_text(&app).await.0, 200);
    until("what is asked again a second later", async || {
        as_text(&app).await.0 == 503
    })
    .await;
    let (status, text) = as_text(&app).await;
    let (first, second) = text.split_once('\n').unwrap();
    assert!(first.starts_with("keystone: KEYSTONE UNAVAILABLE ("), "{text}");
    assert!(second.starts_with("database: OK ("), "{text}");
    assert_eq!((status, head(&app).await), (503, 503));
    keystone.state().mood = Mood::Works;
    until("what is asked again a second later", async || {
        as_text(&app).await.0 == 200
    })
    .await;
    assert_eq!(as_text(&app).await.0, 200);
}

#[tokio::test]
async fn a_server_that_keystone_refuses_is_not_well() {
    let keystone = FakeKeystone::start();
    keystone.state().refuses_login = true;
    let app = keystone.app_with(&[("OS_HEALTHCHECK__BACKENDS", "keystone")]);
    assert_eq!(as_text(&app).await, (503, "KEYSTONE UNAVAILABLE".to_owned()));
}
