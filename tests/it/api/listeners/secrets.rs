//! Secrets are accepted and never told again.

use std::io::Write as _;
use std::net::TcpStream;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::{Listening, call, created, delivery, get, http, post, pull, receiver};
use crate::support::http::{Request, SmallServer};
use crate::support::{TestApp, until};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OTHER: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

fn with_secrets(url: &str) -> Value {
    let mut listener = http(url);
    listener["notifier_config"] = json!({
        "url": url,
        "username": "u",
        "password": "hunter2",
        "secret": SECRET,
        "headers": { "x-key": "opensesame" },
    });
    listener
}

#[tokio::test]
async fn no_answer_contains_a_secret() {
    let server = Listening::start();
    server.deliver();
    let (member, receiver) = (server.app.member("p1"), receiver());
    let body = json!({ "listener": with_secrets(&receiver.url()) });
    let created = post(&member, "", &body).await;
    let id = created.json()["listener"]["id"].as_str().unwrap().to_owned();
    server.record("p1").await;
    let delivered = delivery(&member, &id, "delivered").await;
    let event = delivered["event_id"].as_str().unwrap();
    let mut wrong = with_secrets(&receiver.url());
    wrong["notifier_config"]["secret"] = "hunter2".into();
    wrong["notifier_config"]["url"] = "ftp://example.org".into();
    let change = json!({ "listener": { "notifier_config": { "secret": SECRET, "headers": { "x-key": "*****", "b": "opensesame" } } } });
    for answer in [
        created,
        post(&member, "", &json!({ "listener": wrong })).await,
        get(&member, "").await,
        get(&member, &format!("/{id}")).await,
        call(&member, Method::PUT, &format!("/{id}"), &change).await,
        get(&member, &format!("/{id}/deliveries/{event}")).await,
        post(&member, &format!("/{id}/secret"), &json!({ "secret": OTHER })).await,
    ] {
        for secret in ["hunter2", "opensesame", SECRET, OTHER] {
            assert!(!answer.text.contains(secret), "{secret}: {}", answer.text);
        }
    }
    // The masks stood for what was there, which is still sent.
    let shown = get(&member, &format!("/{id}")).await.json();
    let headers = json!({ "x-key": "*****", "b": "*****" });
    assert_eq!(shown["listener"]["notifier_config"]["headers"], headers);
    server.record("p1").await;
    until("the second event", async || receiver.state().requests.len() == 2).await;
    let state = receiver.state();
    for request in &state.requests {
        assert_eq!(request.headers["x-key"], "opensesame");
        assert_eq!(request.headers["authorization"], "Basic dTpodW50ZXIy");
    }
    assert_eq!(state.requests[1].headers["b"], "opensesame");
}

#[tokio::test]
async fn what_a_receiver_repeats_of_its_secrets_is_not_told() {
    let server = Listening::start();
    server.deliver();
    let member = server.app.member("p1");
    let echo = SmallServer::start((), |mut stream: &TcpStream, _| {
        let headers = Request::read(stream)?.headers;
        let body = format!("{} hunter2 {}", headers["authorization"], headers["x-key"]);
        write!(
            stream,
            "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .ok()
    });
    let id = created(&member, &with_secrets(&echo.url())).await;
    server.record("p1").await;
    let event = delivery(&member, &id, "delivered").await["event_id"].clone();
    let path = format!("/{id}/deliveries/{}", event.as_str().unwrap());
    let shown = get(&member, &path).await.json();
    let answer = &shown["delivery"]["attempts"][0]["answer"];
    assert_eq!(*answer, "Basic ***** ***** *****");
}

#[tokio::test]
async fn a_rotated_secret_signs_on_for_a_while() {
    let server = Listening::start();
    server.deliver();
    let (member, receiver) = (server.app.member("p1"), receiver());
    let id = created(&member, &with_secrets(&receiver.url())).await;
    let rotated = post(&member, &format!("/{id}/secret"), &json!({ "overlap": 60 })).await;
    assert_eq!(rotated.status, 200, "{}", rotated.text);
    let random = rotated.json()["secret"].as_str().unwrap().to_owned();
    assert!(random.starts_with("whsec_") && random.len() > 40, "{random}");
    assert_eq!(rotated.header("cache-control"), "private, no-store");
    let signatures = async |count: usize| {
        server.record("p1").await;
        until("the event", async || receiver.state().requests.len() == count).await;
        receiver.state().requests[count - 1].headers["webhook-signature"]
            .split(' ')
            .count()
    };
    assert_eq!(signatures(1).await, 2);
    server.app.clock.advance(Duration::from_secs(61));
    assert_eq!(signatures(2).await, 1);
    let given = post(
        &member,
        &format!("/{id}/secret"),
        &json!({ "secret": OTHER, "overlap": 0 }),
    )
    .await;
    assert_eq!(given.json()["secret"], Value::Null);
    assert_eq!(signatures(3).await, 1);
}

#[tokio::test]
async fn a_rotation_is_refused_where_it_makes_no_sense() {
    let server = Listening::start();
    let member = server.app.member("p1");
    let id = created(&member, &http("https://example.org")).await;
    let fetched = created(&member, &pull()).await;
    for (id, body, fault) in [
        (
            &fetched,
            json!({}),
            "listener.notifier_type: must be http: no other signs",
        ),
        (
            &id,
            json!({ "secret": "short" }),
            "listener.notifier_config.secret: must be whsec_ followed by 24 to 64 bytes in base64",
        ),
        (
            &id,
            json!({ "overlap": -1 }),
            "overlap: must be 0 to 2592000 seconds",
        ),
        (
            &id,
            json!({ "overlap": "a day" }),
            "overlap: must be 0 to 2592000 seconds",
        ),
    ] {
        let refused = post(&member, &format!("/{id}/secret"), &body).await;
        assert_eq!(refused.fault(), format!("400 badRequest: {fault}"));
    }
    for _ in 0..5 {
        let rotated = post(&member, &format!("/{id}/secret"), &json!({})).await;
        assert_eq!(rotated.status, 200, "{}", rotated.text);
    }
    let sixth = post(&member, &format!("/{id}/secret"), &json!({})).await;
    let want = "409 conflictingRequest: 4 earlier secrets still sign";
    assert!(sixth.fault().starts_with(want), "{}", sixth.text);
    // Earlier secrets are the service's to keep.
    let config = json!({ "url": "https://example.org", "previous_secrets": [[SECRET, 1]] });
    let mut listener = http("https://example.org");
    listener["notifier_config"] = config;
    let want =
        "400 badRequest: listener.notifier_config.previous_secrets: cannot be set: rotate the secret instead";
    assert_eq!(
        post(&member, "", &json!({ "listener": listener })).await.fault(),
        want
    );
    let body = json!({ "listener": listener });
    let changed = call(&member, Method::PUT, &format!("/{id}"), &body).await;
    assert_eq!(changed.fault(), want);
}

/// Several servers may share a database other than SQLite, so the key must be configured there.
#[tokio::test]
async fn without_keys_a_listener_has_no_secrets() {
    let app = TestApp::start();
    let body = json!({ "listener": with_secrets("https://example.org") });
    let answer = post(&app.member("p1"), "", &body).await;
    if app.database.url().starts_with("sqlite") {
        assert_eq!(answer.status, 201, "{}", answer.text);
    } else {
        let want = "400 badRequest: [secrets] key_file must be set for listeners with secrets, such as a password, except on SQLite";
        assert_eq!(answer.fault(), want);
    }
    created(&app.member("p1"), &http("https://example.org")).await;
}
