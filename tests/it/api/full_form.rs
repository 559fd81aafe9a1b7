//! The full form of messages, which clients of block storage never see.

use reqwest::Method;
use serde_json::{Value, json};
use tidings_client::{FULL_FORM, Message};

use crate::support::{Actor, Answer, Stream, TestApp, message};

/// A composed code with a remedy.
fn snapshot() -> Value {
    json!({ "message": {
        "action": "SNAPSHOT_CREATE",
        "detail": "QUOTA_EXCEED",
        "resource_type": "VOLUME_SNAPSHOT",
        "resource_uuid": "aaaaaaaa-0000-4000-8000-000000000001",
        "request_id": "req-00000000-0000-4000-8000-000000000001",
    } })
}

async fn get(actor: &Actor, path: &str) -> Answer {
    actor
        .send(actor.request(Method::GET, path).header("Accept", FULL_FORM))
        .await
}

/// Records a message in project p1 and returns its id.
async fn record(app: &TestApp, body: &Value) -> String {
    let answer = app.service().post("p1", body).await;
    answer.json()["message"]["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_message_has_all_that_is_known_of_it() {
    let app = TestApp::start();
    let id = record(&app, &snapshot()).await;
    let answer = get(&app.member("p1"), &format!("/v3/p1/messages/{id}")).await;
    assert_eq!(answer.header("content-type"), FULL_FORM);
    let text = answer.text.replace(&app.base, "http://host").replace(&id, "ID");
    insta::assert_snapshot!(text, @r#"{"message":{"id":"ID","event_id":"VOLUME_VOLUME_SNAPSHOT_009_006","user_message":"create snapshot:The project's quota is used up.","message_level":"ERROR","created_at":"2026-11-21T03:20:24.834285","guaranteed_until":"2026-12-21T03:20:24.834285","request_id":"req-00000000-0000-4000-8000-000000000001","links":[{"rel":"self","href":"http://host/v3/p1/messages/ID"},{"rel":"bookmark","href":"http://host/p1/messages/ID"}],"resource_type":"VOLUME_SNAPSHOT","resource_uuid":"aaaaaaaa-0000-4000-8000-000000000001","project_id":"p1","action":"SNAPSHOT_CREATE","detail":"QUOTA_EXCEED","parameters":null,"remedy":"Delete what you no longer need, or ask for a larger quota, and try again.","retryable":false,"read":false,"done":false}}"#);
    let list = get(&app.member("p1"), "/v3/p1/messages").await;
    assert_eq!(list.header("content-type"), FULL_FORM);
    assert_eq!(list.json()["messages"], json!([answer.json()["message"]]));
    let parsed: Message = serde_json::from_value(answer.json()["message"].clone()).unwrap();
    assert_eq!(
        (parsed.action.as_deref(), parsed.read),
        (Some("SNAPSHOT_CREATE"), Some(false))
    );
}

#[tokio::test]
async fn texts_are_in_the_language_of_the_request() {
    let app = TestApp::start();
    let id = record(&app, &snapshot()).await;
    let alice = app.member("p1");
    let request = alice
        .request(Method::GET, &format!("/v3/p1/messages/{id}"))
        .header("Accept", FULL_FORM)
        .header("Accept-Language", "zh-CN");
    let message = alice.send(request).await.json()["message"].clone();
    insta::assert_snapshot!(message["remedy"].as_str().unwrap(), @"请删除不再需要的资源，或申请更大的配额，然后重试。");
    assert_eq!(message["detail"], "QUOTA_EXCEED");
}

#[tokio::test]
async fn arguments_are_an_object_and_unknown_codes_keep_their_digits() {
    let app = TestApp::start();
    let parameters = app
        .service()
        .post(
            "p1",
            &json!({ "message": { "event_id": "IMAGE_000003", "resource_type": "IMAGE",
            "parameters": { "limit": 1024, "size": 2048 } } }),
        )
        .await;
    let newer = tidings::message::Message {
        event_id: "VOLUME_VOLUME_998_999".to_owned(),
        action_id: Some("998".to_owned()),
        detail_id: Some("999".to_owned()),
        ..message("p1", -9)
    };
    app.import(&[newer]).await;
    let list = get(&app.member("p1"), "/v3/p1/messages").await.json();
    let members = [
        "action",
        "detail",
        "parameters",
        "remedy",
        "retryable",
        "read",
        "done",
    ];
    let of = |index: usize| members.map(|name| list["messages"][index][name].clone());
    assert_eq!(parameters.status, 201, "{}", parameters.text);
    assert_eq!(of(0)[2], json!({ "limit": 1024, "size": 2048 }));
    assert_eq!(
        of(1),
        [
            json!("998"),
            json!("999"),
            Value::Null,
            Value::Null,
            Value::Null,
            json!(false),
            json!(false)
        ]
    );
}

#[tokio::test]
async fn reading_a_message_changes_its_version() {
    let app = TestApp::start();
    let id = record(&app, &snapshot()).await;
    let alice = app.member("p1");
    let paths = [format!("/v3/p1/messages/{id}"), "/v3/p1/messages".to_owned()];
    let mut tags = Vec::new();
    for path in &paths {
        tags.push(get(&alice, path).await.header("etag").to_owned());
    }
    let read = json!({ "read": { "messages": [id] } });
    let mark = alice
        .request(Method::PUT, "/v3/p1/messages/-/read")
        .header("Content-Type", "application/json")
        .body(read.to_string());
    assert_eq!(alice.send(mark).await.status, 200);
    for (path, tag) in paths.iter().zip(&tags) {
        let request = alice.request(Method::GET, path);
        let request = request.header("Accept", FULL_FORM).header("If-None-Match", tag);
        let answer = alice.send(request).await;
        assert_eq!(answer.status, 200, "{path}");
        assert!(
            answer.text.ends_with(r#""read":true,"done":false}}"#)
                || answer.text.contains(r#""read":true,"done":false}]"#)
        );
    }
    // Nothing is known of an admin of all projects, who has no version of theirs.
    let admin = Actor::new(&app.base, "p1", Some("root:ops:admin".to_owned()));
    let unknown = get(&admin, "/v3/messages").await;
    assert!(unknown.text.contains(r#""read":null"#), "{}", unknown.text);
    let stranger = Actor::new(&app.base, "p1", Some("eve:p1:member".to_owned()));
    let unread = get(&stranger, "/v3/messages").await;
    assert_ne!(unread.header("etag"), unknown.header("etag"));
    // Another user has not read it.
    let bob = Actor::new(&app.base, "p1", Some("bob:p1:member".to_owned()));
    assert!(get(&bob, &paths[0]).await.text.contains(r#""read":false"#));
    // An admin's list of all projects has no read flags of theirs.
    let list = get(&app.admin("ops"), "/v3/ops/messages").await.json();
    assert_eq!(list["messages"][0]["read"], Value::Null);
}

#[tokio::test]
async fn answers_to_a_post_and_the_stream_have_it_too() {
    let app = TestApp::start();
    let accept = format!("text/event-stream, {FULL_FORM}");
    let mut stream = Stream::accepting(&accept, &app.reader("p1"), None).await;
    let mut short = Stream::open(&app.reader("p1"), None).await;
    let service = app.service();
    let request = service
        .request(Method::POST, "/v3/p1/messages")
        .header("Content-Type", "application/json")
        .body(snapshot().to_string());
    let answer = service.send(request.header("Accept", FULL_FORM)).await;
    assert_eq!((answer.status, answer.header("content-type")), (201, FULL_FORM));
    let mut recorded = answer.json()["message"].clone();
    assert_eq!(
        (&recorded["project_id"], &recorded["read"]),
        (&json!("p1"), &Value::Null)
    );
    recorded["read"] = json!(false);
    recorded["done"] = json!(false);
    assert_eq!(stream.event().await.1, recorded);
    let short = short.event().await.1;
    assert_eq!(short["id"], recorded["id"]);
    assert_eq!(short.get("project_id"), None);
}

/// The members of block storage are unchanged.
#[tokio::test]
async fn the_full_form_begins_with_the_short_one() {
    let app = TestApp::start();
    let id = record(&app, &snapshot()).await;
    let alice = app.member("p1");
    let path = format!("/v3/p1/messages/{id}");
    let (short, full) = (alice.get(&path).await, get(&alice, &path).await);
    let short = short.text.strip_suffix("}}").unwrap();
    assert!(full.text.starts_with(short), "{}", full.text);
    let refused = get(&alice, "/v3/p1/messages?limit=x").await;
    assert_eq!(
        (refused.status, refused.header("content-type")),
        (400, "application/json")
    );
}
