//! One message: its members, none of which is ever null.

use reqwest::Method;
use serde_json::{Value, json};
use tidings::message::Message;

use super::{ask, get, share_message};
use crate::support::{TestApp, message};

#[tokio::test]
async fn a_message_has_the_members_of_manilas() {
    let app = TestApp::start();
    let shown = Message {
        message_level: "INFO".to_owned(),
        ..share_message("p1", 0)
    };
    app.import(std::slice::from_ref(&shown)).await;
    let id = shown.id.to_string();
    let answer = get(&app.member("p1"), &format!("/p1/messages/{id}")).await;
    let base = &app.base;
    let expected = json!({ "message": {
        "id": id,
        "project_id": "p1",
        "action_id": "001",
        "detail_id": "002",
        "message_level": "ERROR",
        "created_at": "2026-11-21T03:20:24.834285",
        "expires_at": "2026-12-21T03:20:24.834285",
        "request_id": shown.request_id,
        "links": [
            { "rel": "self", "href": format!("{base}/v2/p1/messages/{id}") },
            { "rel": "bookmark", "href": format!("{base}/p1/messages/{id}") },
        ],
        "resource_type": "SHARE",
        "resource_id": "0b0c2ff5-6a3c-4d0e-9d0f-6c5b7a4e3d21",
        "user_message": "find storage: No storage could be allocated for this share request.",
    }});
    assert_eq!(answer.json(), expected);
    let order = [
        "\"id\"",
        "\"action_id\"",
        "\"expires_at\"",
        "\"links\"",
        "\"user_message\"",
    ];
    assert!(
        order.map(|key| answer.text.find(key)).is_sorted(),
        "{}",
        answer.text
    );
    assert_eq!(answer.header("content-language"), "en");
    assert_eq!(answer.header("cache-control"), "private, no-store");
}

#[tokio::test]
async fn a_text_is_in_the_callers_language() {
    let app = TestApp::start();
    let shown = share_message("p1", 0);
    app.import(std::slice::from_ref(&shown)).await;
    let alice = app.member("p1");
    let request = alice.request(Method::GET, &format!("/v2/p1/messages/{}", shown.id));
    let answer = alice.send(request.header("Accept-Language", "zh-CN")).await;
    let text = "分配存储: 未能为此共享请求分配存储。";
    assert_eq!(answer.json()["message"]["user_message"], text);
    assert_eq!(answer.header("content-language"), "zh-CN");
}

#[tokio::test]
async fn what_a_message_lacks_is_not_null() {
    let app = TestApp::start();
    let flat = Message {
        event_id: "SHARE_000001".to_owned(),
        action_id: None,
        detail_id: None,
        resource_type: None,
        resource_uuid: None,
        expires_at: None,
        ..share_message("p1", 0)
    };
    let newer = Message {
        event_id: "SHARE_SHARE_BACKUP_040_050".to_owned(),
        action_id: Some("040".to_owned()),
        detail_id: Some("050".to_owned()),
        resource_type: Some("SHARE_BACKUP".to_owned()),
        ..share_message("p1", 1)
    };
    app.import(&[flat.clone(), newer.clone()]).await;
    let alice = app.member("p1");
    let show = async |message: &Message| {
        let answer = get(&alice, &format!("/p1/messages/{}", message.id)).await;
        let shown = answer.json()["message"].clone();
        let members = shown.as_object().unwrap();
        assert_eq!(members.len(), 12);
        assert!(!members.values().any(Value::is_null), "{}", answer.text);
        shown
    };
    let shown = show(&flat).await;
    assert_eq!(
        (&shown["action_id"], &shown["detail_id"]),
        (&json!("000"), &json!("000"))
    );
    assert_eq!(shown["resource_type"], "SHARE");
    assert_eq!(shown["resource_id"], "00000000-0000-0000-0000-000000000000");
    assert_eq!(shown["expires_at"], "9999-12-31T23:59:59.999999");
    assert_eq!(shown["user_message"], "An unknown error occurred.");
    let shown = show(&newer).await;
    assert_eq!(
        (&shown["action_id"], &shown["detail_id"]),
        (&json!("040"), &json!("050"))
    );
    assert_eq!(
        shown["user_message"],
        "unknown action: An unknown error occurred."
    );
}

#[tokio::test]
async fn other_messages_do_not_exist_here() {
    let app = TestApp::start();
    let (volume, foreign) = (message("p1", 0), share_message("p2", 0));
    app.import(&[volume.clone(), foreign.clone()]).await;
    let alice = app.member("p1");
    for id in [volume.id.to_string(), foreign.id.to_string(), "x".to_owned()] {
        for method in [Method::GET, Method::DELETE] {
            let answer = ask(&alice, method.clone(), "2.37", &format!("/p1/messages/{id}")).await;
            let missing = format!("404 itemNotFound: Message {id} could not be found.");
            assert_eq!(answer.fault(), missing, "{method}");
        }
    }
    assert_eq!(alice.show(&volume.id.to_string()).await.status, 200);
    let admin = app.admin("p1");
    let shown = get(&admin, &format!("/p1/messages/{}", foreign.id)).await;
    assert_eq!(shown.json()["message"]["project_id"], "p2");
}
