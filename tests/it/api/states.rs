//! Unread, read and done over the API: singly, by filters, undone, and told to streams.

use reqwest::Method;
use serde_json::{Value, json};
use tidings::message::Message;

use crate::support::{Actor, Answer, Stream, TestApp, message};

fn user(app: &TestApp, name: &str) -> Actor {
    Actor::new(&app.base, "p1", Some(format!("{name}:p1:member")))
}

async fn put(actor: &Actor, path: &str, body: Value) -> Answer {
    let path = format!("/v3/p1/messages/-/{path}");
    let request = actor.request(Method::PUT, &path);
    let request = request.header("Content-Type", "application/json");
    actor.send(request.body(body.to_string())).await
}

/// A server with five messages, of which two are warnings, and their ids.
async fn filled() -> (TestApp, Vec<String>) {
    let app = TestApp::start();
    let rows: Vec<Message> = (0..5)
        .map(|index| Message {
            message_level: if index < 2 { "WARNING" } else { "ERROR" }.to_owned(),
            resource_uuid: Some("volume".to_owned()),
            ..message("p1", -30 - index)
        })
        .collect();
    app.import(&rows).await;
    (app, rows.iter().map(|row| row.id.to_string()).collect())
}

async fn listed(actor: &Actor, query: &str) -> Vec<String> {
    let answer = actor.list(query).await;
    assert_eq!(answer.status, 200, "{query}: {}", answer.text);
    answer.ids()
}

/// The project's unread, read and done messages.
async fn states(actor: &Actor) -> [Vec<String>; 3] {
    [
        listed(actor, "state=unread").await,
        listed(actor, "state=read").await,
        listed(actor, "state=done").await,
    ]
}

/// Opens a stream that is told of changes of states.
async fn watch(actor: &Actor) -> Stream {
    let request = actor.request(Method::GET, &format!("{}?changes=true", actor.messages()));
    Stream::of(request.header("Accept", "text/event-stream")).await
}

#[tokio::test]
async fn a_done_message_leaves_the_inbox_and_its_repeat_is_in_it() {
    let (app, ids) = filled().await;
    let (alice, bob) = (user(&app, "alice"), user(&app, "bob"));
    let done = put(
        &alice,
        "done",
        json!({ "done": { "messages": [ids[0], ids[1]] } }),
    )
    .await;
    let body = &done.json()["done"];
    assert_eq!(
        (&body["changed"], &body["unread"]),
        (&json!(2), &json!(3)),
        "{body}"
    );
    assert_eq!(listed(&alice, "state=inbox").await, ids[2..]);
    assert_eq!(listed(&alice, "state=done").await, ids[..2]);
    assert_eq!(
        listed(&alice, "").await,
        ids,
        "without a filter the list is as it was"
    );
    assert_eq!(listed(&bob, "state=inbox").await, ids);
    // The same happens again.
    let again = Message {
        resource_uuid: Some("volume".to_owned()),
        ..message("p1", 0)
    };
    app.import(std::slice::from_ref(&again)).await;
    assert_eq!(listed(&alice, "state=inbox").await[0], again.id.to_string());
    let asked = format!("/v3/p1/messages/-/read?message={}&message={}", ids[1], ids[2]);
    let asked = &alice.get(&asked).await.json()["read"];
    assert_eq!(
        (&asked["done_messages"], &asked["unread_messages"]),
        (&json!([ids[1]]), &json!([ids[2]]))
    );
    put(&alice, "done", json!({ "undone": { "messages": [ids[1]] } })).await;
    assert_eq!(listed(&alice, "state=read").await, ids[1..2]);
}

#[tokio::test]
async fn the_filters_of_the_list_choose_what_changes() {
    let (app, ids) = filled().await;
    let alice = user(&app, "alice");
    for (path, body, changed, inbox, unread) in [
        (
            "read?message_level=WARNING",
            json!({ "read": { "all": true } }),
            2,
            5,
            3,
        ),
        (
            "done?message_level=WARNING",
            json!({ "done": { "all": true } }),
            2,
            3,
            3,
        ),
        (
            "done?state=unread&request_id=none",
            json!({ "done": { "all": true } }),
            0,
            3,
            3,
        ),
        ("done?unknown=x", json!({ "done": { "all": true } }), 0, 3, 3),
        ("read?state=done", json!({ "unread": { "all": true } }), 2, 5, 5),
        ("read?state=inbox", json!({ "read": { "all": true } }), 5, 5, 0),
        (
            "done",
            json!({ "done": { "until": "2026-11-21T03:19:51.834285" } }),
            2,
            3,
            0,
        ),
        ("done?state=done", json!({ "undone": { "all": true } }), 2, 5, 0),
    ] {
        let before = states(&alice).await;
        let answer = put(&alice, path, body.clone()).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        let name = if path.starts_with("read") { "read" } else { "done" };
        let got = &answer.json()[name];
        assert_eq!(got["changed"], changed, "{path} {body}: {got}");
        assert_eq!(got["incomplete"], false, "{path} {body}");
        assert_eq!(listed(&alice, "state=inbox").await.len(), inbox, "{path} {body}");
        assert_eq!(
            listed(&alice, "state=unread").await.len(),
            unread,
            "{path} {body}"
        );
        // What was done last is undone, and done again.
        let undo = json!({ (body.as_object().unwrap().keys().next().unwrap()): { "undo": got["undo"] } });
        let undone = put(&alice, name, undo).await;
        assert_eq!(undone.status, 200, "{path} {body}: {}", undone.text);
        let undone = &undone.json()[name];
        assert_eq!(
            (&undone["changed"], &undone["changed_more"], &undone["undo"]),
            (&json!(changed), &json!(false), &Value::Null),
            "{path} {body}"
        );
        assert_eq!(states(&alice).await, before, "{path} {body}");
        put(&alice, path, body).await;
    }
    assert_eq!(listed(&alice, "state=read&limit=3").await, ids[..3]);
}

#[tokio::test]
async fn anything_else_is_refused_with_the_field() {
    let (app, ids) = filled().await;
    let alice = user(&app, "alice");
    for (path, body) in [
        ("read", json!({ "done": { "all": true } })),
        ("done", json!({ "read": { "all": true } })),
        (
            "done",
            json!({ "done": { "all": true }, "undone": { "all": true } }),
        ),
        ("done", json!({ "done": { "all": true, "undo": "1" } })),
        ("done", json!({ "done": {} })),
        ("done", json!({ "done": { "undo": "x" } })),
        ("done", json!({ "done": { "messages": ["x"] } })),
        ("done?state=new", json!({ "done": { "all": true } })),
        (
            "done?message_level=ERROR",
            json!({ "done": { "messages": [ids[0]] } }),
        ),
        ("done?message_level=ERROR", json!({ "done": { "undo": "1" } })),
        // A page chooses no messages.
        ("done?limit=1", json!({ "done": { "all": true } })),
        (
            "done?offset=1",
            json!({ "done": { "until": "2026-11-21T03:19:51" } }),
        ),
        ("read?marker=x", json!({ "read": { "all": true } })),
        ("read?sort=id:asc", json!({ "read": { "all": true } })),
        ("read?sort_key=id", json!({ "unread": { "all": true } })),
        ("done?sort_dir=asc", json!({ "undone": { "all": true } })),
    ] {
        assert_eq!(put(&alice, path, body.clone()).await.status, 400, "{path} {body}");
    }
    assert_eq!(
        alice.list("state=new").await.fault(),
        "400 badRequest: Invalid input received: state must be unread, read, done or inbox"
    );
    assert_eq!(app.database.count("read_marks"), 0);
}

#[tokio::test]
async fn a_stream_that_asks_for_it_tells_of_changes() {
    let (app, ids) = filled().await;
    let alice = user(&app, "alice");
    let mut told = watch(&alice).await;
    let mut plain = Stream::open(&alice, None).await;
    put(
        &user(&app, "bob"),
        "done",
        json!({ "done": { "messages": [ids[0]] } }),
    )
    .await;
    put(&alice, "done", json!({ "done": { "messages": [ids[0]] } })).await;
    assert_eq!(told.block().await.unwrap(), "event: change\ndata: {}");
    // Somebody deletes a message.
    assert_eq!(user(&app, "bob").delete(&ids[1]).await.status, 204);
    assert_eq!(told.block().await.unwrap(), "event: change\ndata: {}");
    app.import(&[message("p1", 0)]).await;
    assert!(told.block().await.unwrap().contains("event: message"));
    assert!(
        plain.block().await.unwrap().contains("event: message"),
        "others are told of messages alone"
    );
}

#[tokio::test]
async fn a_request_that_changes_nothing_wakes_no_stream() {
    let (app, ids) = filled().await;
    let alice = user(&app, "alice");
    let body = json!({ "done": { "messages": ids } });
    put(&alice, "done", body.clone()).await;
    put(&alice, "read", json!({ "read": { "all": true } })).await;
    let mut told = watch(&alice).await;
    for (path, body) in [
        ("done", body),
        ("done", json!({ "done": { "all": true } })),
        ("done?message_level=ERROR", json!({ "done": { "all": true } })),
        ("read", json!({ "read": { "all": true } })),
        ("done", json!({ "undone": { "undo": "1" } })),
    ] {
        let answer = put(&alice, path, body.clone()).await;
        assert_eq!(answer.status, 200, "{path} {body}: {}", answer.text);
    }
    app.import(&[message("p1", 0)]).await;
    assert!(told.block().await.unwrap().contains("event: message"));
}

#[tokio::test]
async fn a_deletion_is_told_to_the_readers_of_its_project() {
    let (app, ids) = filled().await;
    let mut told = watch(&user(&app, "alice")).await;
    let admin = app.admin("ops");
    assert_eq!(admin.delete(&ids[0]).await.status, 204);
    assert_eq!(told.block().await.unwrap(), "event: change\ndata: {}");
}

#[tokio::test]
async fn whether_all_were_counted_and_whether_all_were_changed_are_told_apart() {
    let app = TestApp::start();
    let rows: Vec<Message> = (0..2300).map(|index| message("p1", -30 - index)).collect();
    for part in rows.chunks(500) {
        app.import(part).await;
    }
    let alice = user(&app, "alice");
    let all = json!({ "read": { "all": true } });
    // The second time each message was marked as unread, which takes several transactions.
    for unread in [0, 2300] {
        let mut marked = 0;
        for part in rows.chunks(1000).filter(|_| unread > 0) {
            let ids: Vec<String> = part.iter().map(|row| row.id.to_string()).collect();
            let answer = put(&alice, "read", json!({ "unread": { "messages": ids } })).await;
            marked += answer.json()["read"]["changed"].as_u64().unwrap();
        }
        assert_eq!(marked, unread);
        let answer = put(&alice, "read", all.clone()).await.json()["read"].clone();
        assert_eq!(
            (&answer["changed"], &answer["changed_more"], &answer["incomplete"]),
            (&json!(1000), &json!(true), &json!(false)),
            "{answer}"
        );
        assert_eq!(answer["unread"], 0, "{answer}");
        let undo = json!({ "read": { "undo": answer["undo"] } });
        let undone = put(&alice, "read", undo).await.json()["read"].clone();
        assert_eq!(undone["changed_more"], true, "{undone}");
        assert!(undone["changed"].as_u64().unwrap() >= 1000, "{undone}");
        assert_eq!(undone["unread"], 1000, "{undone}");
        put(&alice, "read", all.clone()).await;
    }
}

#[tokio::test]
async fn a_list_takes_what_only_a_stream_needs() {
    let (app, ids) = filled().await;
    assert_eq!(
        listed(&user(&app, "alice"), "changes=true").await.len(),
        ids.len()
    );
}
