//! One message.

use serde_json::json;
use tidings::message::Message;
use uuid::Uuid;

use crate::support::{TestApp, message};

#[tokio::test]
async fn a_message_has_block_storages_shape() {
    let app = TestApp::start();
    let id = Uuid::parse_str("0195e5a0-0000-7000-8000-000000000001").unwrap();
    let request_id = "req-00000000-0000-4000-8000-000000000001".to_owned();
    let resource_uuid = Some("aaaaaaaa-0000-4000-8000-000000000001".to_owned());
    app.import(&[Message {
        id,
        request_id,
        resource_uuid,
        ..message("p1", 0)
    }])
    .await;
    let answer = app.member("p1").show(&id.to_string()).await;
    let text = answer.text.replace(&app.base, "http://host");
    insta::assert_snapshot!(text, @r#"{"message":{"id":"0195e5a0-0000-7000-8000-000000000001","event_id":"VOLUME_000002","user_message":"No storage could be allocated for this volume request.","message_level":"ERROR","created_at":"2026-11-21T03:20:24.834285","guaranteed_until":"2026-12-21T03:20:24.834285","request_id":"req-00000000-0000-4000-8000-000000000001","links":[{"rel":"self","href":"http://host/v3/p1/messages/0195e5a0-0000-7000-8000-000000000001"},{"rel":"bookmark","href":"http://host/p1/messages/0195e5a0-0000-7000-8000-000000000001"}],"resource_type":"VOLUME","resource_uuid":"aaaaaaaa-0000-4000-8000-000000000001"}}"#);
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("cache-control"), "private, no-cache");
    assert_eq!(answer.header("content-language"), "en");
    let alice = app.member("p1");
    let request = alice.request(reqwest::Method::GET, &format!("/v3/p1/messages/{id}"));
    let vendor = alice
        .send(request.header("Accept", "application/vnd.openstack.volume+json"))
        .await;
    assert_eq!(
        (vendor.header("content-type"), vendor.text.as_str()),
        ("application/json", answer.text.as_str())
    );
    assert_eq!(
        answer.header("x-compute-request-id"),
        answer.header("x-openstack-request-id")
    );
}

#[tokio::test]
async fn only_the_canonical_form_names_a_message() {
    let app = TestApp::start();
    let own = message("p1", 0);
    let id = own.id;
    app.import(&[own]).await;
    let alice = app.member("p1");
    assert_eq!(alice.show(&format!("{id}.json")).await.status, 200);
    for name in [
        id.to_string().to_uppercase(),
        id.simple().to_string(),
        format!("{{{id}}}"),
        "日本".to_owned(),
    ] {
        let answer = alice.show(&name).await;
        assert_eq!(
            answer.fault(),
            format!("404 itemNotFound: Message {name} could not be found.")
        );
    }
    assert_eq!(
        alice.show("%00").await.fault(),
        "404 itemNotFound: Message \0 could not be found."
    );
    assert_eq!(alice.show("%ff").await.status, 404);
}

#[tokio::test]
async fn an_unchanged_answer_is_not_sent_twice() {
    let app = TestApp::start();
    let own = message("p1", 0);
    let id = own.id.to_string();
    app.import(&[own]).await;
    let alice = app.member("p1");
    for path in [
        format!("/v3/p1/messages/{id}"),
        "/v3/p1/messages?limit=5".to_owned(),
    ] {
        let first = alice.get(&path).await;
        let request = alice
            .request(reqwest::Method::GET, &path)
            .header("If-None-Match", first.header("etag"));
        let again = alice.send(request.try_clone().unwrap()).await;
        assert_eq!((again.status, again.text.as_str()), (304, ""));
        assert_eq!(again.header("etag"), first.header("etag"));
        let german = alice.send(request.header("Accept-Language", "zh-CN")).await;
        assert_eq!(german.status, 200, "another language is another answer");
    }
}

#[tokio::test]
async fn a_lists_tag_changes_with_what_it_shows() {
    let app = TestApp::start();
    let alice = app.member("p1");
    let tag = async |query: &str| alice.list(query).await.header("etag").to_owned();
    let empty = tag("").await;
    let own = message("p1", 0);
    let id = own.id.to_string();
    app.import(&[own]).await;
    let one = tag("").await;
    assert_ne!(empty, one);
    assert_ne!(one, tag("limit=1").await, "this page has a next link");
    alice.delete(&id).await;
    assert_eq!(tag("").await, empty);
}

#[tokio::test]
async fn old_and_hostile_rows_are_shown_safely() {
    let app = TestApp::start();
    let hostile = "\"><script>alert(1)</script>\u{1}\\";
    let row = Message {
        event_id: "NO_SUCH".to_owned(),
        resource_uuid: Some(hostile.to_owned()),
        request_id: hostile.to_owned(),
        expires_at: None,
        ..message("p1", 0)
    };
    let id = row.id.to_string();
    app.import(&[row]).await;
    let shown = app.member("p1").show(&id).await.json()["message"].clone();
    assert_eq!(shown["user_message"], "An unknown error occurred.");
    assert_eq!(shown["resource_uuid"], hostile);
    assert_eq!(shown["request_id"], hostile);
    assert_eq!(shown["guaranteed_until"], json!(null));
}
