//! Read marks over the API.

use reqwest::Method;
use serde_json::{Value, json};
use tidings::message::Message;

use crate::support::{Actor, Answer, TestApp, message};

const READ: &str = "/v3/p1/messages/-/read";

fn user(app: &TestApp, name: &str, roles: &str) -> Actor {
    Actor::new(&app.base, "p1", Some(format!("{name}:p1:{roles}")))
}

async fn put(actor: &Actor, read: Value) -> Answer {
    put_text(actor, json!({ "read": read }).to_string()).await
}

async fn put_text(actor: &Actor, body: String) -> Answer {
    let request = actor.request(Method::PUT, READ);
    actor
        .send(request.header("Content-Type", "application/json").body(body))
        .await
}

/// The answer without what undoes the change, which is never the same.
fn stripped(answer: &Answer) -> Value {
    let mut body = answer.json();
    assert!(body["read"]["undo"].is_string(), "{body}");
    body["read"].as_object_mut().unwrap().remove("undo");
    body
}

/// A server with three messages, and their ids.
async fn filled() -> (TestApp, Vec<String>) {
    let app = TestApp::start();
    let rows: Vec<Message> = (-30..-27).map(|second| message("p1", second)).collect();
    app.import(&rows).await;
    (app, rows.iter().map(|row| row.id.to_string()).collect())
}

#[tokio::test]
async fn each_user_has_read_what_it_says() {
    let (app, ids) = filled().await;
    let (alice, bob) = (user(&app, "alice", "reader"), user(&app, "bob", "member"));
    let answer = alice.get(READ).await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.json(),
        json!({ "read": { "unread": 3, "more": false, "until": null } })
    );
    assert_eq!(answer.header("cache-control"), "private, no-store");
    let marked = put(&alice, json!({ "messages": [ids[1]] })).await;
    assert_eq!(
        stripped(&marked),
        json!({ "read": { "unread": 2, "more": false, "until": null, "changed": 1, "changed_more": false, "incomplete": false } })
    );
    let asked = format!("{READ}?message={}", ids.join("&message="));
    assert_eq!(
        alice.get(&asked).await.json()["read"]["unread_messages"],
        json!([ids[0], ids[2]])
    );
    assert_eq!(
        bob.get(&asked).await.json()["read"]["unread_messages"],
        json!([ids[0], ids[1], ids[2]])
    );
    let all = put(&bob, json!({ "all": true })).await;
    assert_eq!(
        stripped(&all),
        json!({ "read": {
            "unread": 0, "more": false, "until": "2026-11-21T03:19:56.834285", "changed": 3, "changed_more": false, "incomplete": false
        } })
    );
    assert_eq!(alice.get(READ).await.json()["read"]["unread"], 2);
}

#[tokio::test]
async fn everything_until_a_time_may_be_marked() {
    let (app, _) = filled().await;
    let alice = user(&app, "alice", "reader");
    let answer = put(&alice, json!({ "until": "2026-11-21T03:19:55.834285" })).await;
    assert_eq!(
        stripped(&answer),
        json!({ "read": {
            "unread": 1, "more": false, "until": "2026-11-21T03:19:55.834285", "changed": 2, "changed_more": false, "incomplete": false
        } })
    );
}

#[tokio::test]
async fn the_bodies_of_block_storage_do_not_change() {
    let (app, ids) = filled().await;
    let alice = user(&app, "alice", "reader");
    let before = alice.list("").await.text;
    let shown = alice.show(&ids[0]).await.text;
    put(&alice, json!({ "all": true })).await;
    assert_eq!(alice.list("").await.text, before);
    assert_eq!(alice.show(&ids[0]).await.text, shown);
}

#[tokio::test]
async fn a_deleted_message_counts_no_more() {
    let (app, ids) = filled().await;
    let alice = user(&app, "alice", "member");
    alice.delete(&ids[0]).await;
    assert_eq!(alice.get(READ).await.json()["read"]["unread"], 2);
}

#[tokio::test]
async fn other_projects_messages_are_none() {
    let (app, ids) = filled().await;
    let other = Actor::new(&app.base, "p2", Some("alice:p2:reader".to_owned()));
    assert_eq!(
        other.get(READ).await.fault(),
        "400 badRequest: Malformed request url"
    );
    let own = other
        .get(&format!("/v3/p2/messages/-/read?message={}", ids[0]))
        .await;
    assert_eq!(
        own.json(),
        json!({ "read": {
            "unread": 0, "more": false, "until": null,
            "unread_messages": [], "done_messages": [], "missing_messages": [ids[0]]
        } })
    );
    let nobody = user(&app, "alice", "other");
    assert_eq!(nobody.get(READ).await.status, 403);
    assert_eq!(put(&nobody, json!({ "all": true })).await.status, 403);
    // Without a project in the path, it is the caller's.
    let alice = user(&app, "alice", "reader");
    assert_eq!(alice.get("/v3/messages/-/read").await.json()["read"]["unread"], 3);
}

#[tokio::test]
async fn what_cannot_be_understood_is_refused() {
    let (app, ids) = filled().await;
    let alice = user(&app, "alice", "reader");
    for body in [
        json!({}),
        json!({ "all": false }),
        json!({ "all": true, "messages": [] }),
        json!({ "messages": ["x"] }),
        json!({ "messages": [ids[0].to_uppercase()] }),
        json!({ "messages": [null] }),
        json!({ "messages": vec![ids[0].clone(); 1001] }),
        json!({ "until": "yesterday" }),
        json!({ "until": 5 }),
        json!({ "before": "2026-11-21T03:19:55.834285" }),
        json!([]),
    ] {
        let answer = put(&alice, body.clone()).await;
        assert!(answer.fault().starts_with("400 badRequest: "), "{body}");
    }
    for text in ["", "{", "{}", "[]", r#"{"read": {"all": true}, "x": 1}"#] {
        assert_eq!(put_text(&alice, text.to_owned()).await.status, 400, "{text}");
    }
    assert_eq!(alice.get(&format!("{READ}?message=x")).await.status, 400);
    assert_eq!(alice.get(&format!("{READ}?limit=1")).await.status, 400);
    let plain = alice.request(Method::PUT, READ).body("{}");
    assert_eq!(alice.send(plain).await.status, 415);
    let nobody = user(&app, &"a".repeat(256), "reader");
    assert_eq!(nobody.get(READ).await.status, 400);
    assert_eq!(alice.get_in("3.2", READ).await.status, 404);
    let delete = alice.request(Method::DELETE, READ);
    assert_eq!(alice.send(delete).await.status, 404);
    assert_eq!(app.database.count("read_watermarks"), 0);
}
