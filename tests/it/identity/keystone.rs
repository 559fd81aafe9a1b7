//! Tokens of Keystone: who passes, who does not, and how often Keystone is asked.

use std::time::Duration;

use futures_util::StreamExt;
use reqwest::Method;
use serde_json::json;

use crate::support::keystone::{FakeKeystone, token};
use crate::support::{Actor, Answer, TestApp};

pub fn holder(app: &TestApp, token: &str) -> Actor {
    Actor::new(&app.base, "p1", Some(token.to_owned()))
}

const UNAUTHORIZED: &str = r#"{"error": {"code": 401, "title": "Unauthorized", "message": "The request you have made requires authentication."}}"#;

#[track_caller]
fn assert_unauthorized(answer: &Answer, uri: &str) {
    assert_eq!((answer.status, answer.text.as_str()), (401, UNAUTHORIZED));
    assert_eq!(
        answer.header("www-authenticate"),
        format!("Keystone uri=\"{uri}\"")
    );
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("openstack-api-version"), "");
    assert!(answer.header("x-openstack-request-id").starts_with("req-"));
}

#[tokio::test]
async fn a_valid_token_passes_under_either_header() {
    let keystone = FakeKeystone::start();
    keystone.give("good", token("alice", "p1", &["member", "reader"], &json!({})));
    let app = keystone.app();
    assert_eq!(holder(&app, "good").list("").await.status, 200);
    assert_eq!(holder(&app, "  good ").list("").await.status, 200);
    let anyone = app.anonymous();
    let request = anyone.request(Method::GET, "/v3/p1/messages");
    let answer = anyone.send(request.header("X-Storage-Token", "good")).await;
    assert_eq!(answer.status, 200);
    assert_eq!(keystone.state().questions.len(), 1);
    assert!(keystone.state().questions[0].heeds_access_rules);
}

#[tokio::test]
async fn the_cache_keeps_as_many_tokens_as_configured() {
    let keystone = FakeKeystone::start();
    for name in ["a", "b"] {
        keystone.give(name, token(name, "p1", &["reader"], &json!({})));
    }
    for (size, questions) in [("1", 3), ("2", 2)] {
        let app = keystone.app_with(&[("OS_KEYSTONE_AUTHTOKEN__TOKEN_CACHE_SIZE", size)]);
        let before = keystone.state().questions.len();
        for name in ["a", "b", "a"] {
            assert_eq!(holder(&app, name).list("").await.status, 200);
        }
        assert_eq!(keystone.state().questions.len() - before, questions, "{size}");
    }
}

#[tokio::test]
async fn without_a_valid_token_the_answer_is_keystonemiddlewares() {
    let keystone = FakeKeystone::start();
    let app = keystone.app_with(&[(
        "OS_KEYSTONE_AUTHTOKEN__WWW_AUTHENTICATE_URI",
        "https://id.example.org/v3",
    )]);
    let uri = "https://id.example.org/v3";
    assert_unauthorized(&app.anonymous().list("").await, uri);
    assert_unauthorized(&holder(&app, "bad").list("").await, uri);
    assert_unauthorized(&holder(&app, "").list("").await, uri);
    assert_unauthorized(&holder(&app, "bad").get("/v3/nosuch").await, uri);
    for open in ["/", "/v3/", "/healthcheck", "/nosuch"] {
        assert_ne!(app.anonymous().get(open).await.status, 401, "{open}");
    }
}

#[tokio::test]
async fn headers_that_claim_an_identity_are_of_no_use() {
    let keystone = FakeKeystone::start();
    keystone.give("reader", token("rita", "p1", &["reader"], &json!({})));
    let app = keystone.app();
    let forged = [
        ("X-Identity-Status", "Confirmed"),
        ("X-User-Id", "root"),
        ("X-Project-Id", "p2"),
        ("X-Roles", "admin,service"),
        ("X-Is-Admin-Project", "True"),
        ("X-Service-Identity-Status", "Confirmed"),
        ("X-Service-Roles", "service"),
        ("OpenStack-System-Scope", "all"),
    ];
    let send = async |actor: &Actor, path: &str| {
        let mut request = actor.request(Method::GET, path);
        for (name, value) in forged {
            request = request.header(name, value);
        }
        actor.send(request).await.status
    };
    let reader = holder(&app, "reader");
    assert_eq!(send(&app.anonymous(), "/v3/p1/messages").await, 401);
    assert_eq!(send(&reader, "/v3/p2/messages").await, 400);
    assert_eq!(send(&reader, "/v3/p1/messages").await, 200);
    let id = "00000000-0000-4000-8000-000000000000";
    assert_eq!(reader.delete(id).await.status, 404);
    let body = json!({ "message": { "event_id": "VOLUME_000002" } });
    assert_eq!(reader.post("p1", &body).await.status, 403);
}

#[tokio::test]
async fn roles_are_those_of_the_token_without_further_ones() {
    let keystone = FakeKeystone::start();
    keystone.give("member-only", token("m", "p1", &["member"], &json!({})));
    keystone.give("upper", token("u", "p1", &["READER"], &json!({})));
    let app = keystone.app();
    assert_eq!(holder(&app, "member-only").list("").await.status, 403);
    assert_eq!(holder(&app, "upper").list("").await.status, 200);
}

#[tokio::test]
async fn a_thousand_requests_with_one_new_token_ask_once() {
    let keystone = FakeKeystone::start();
    keystone.give("good", token("alice", "p1", &["reader"], &json!({})));
    keystone
        .state()
        .slow
        .insert("good".to_owned(), Duration::from_millis(300));
    let app = keystone.app();
    let actor = holder(&app, "good");
    let statuses: Vec<u16> = futures_util::stream::iter(0..1000)
        .map(|_| async { actor.list("limit=0").await.status })
        .buffer_unordered(200)
        .collect()
        .await;
    assert_eq!(statuses, vec![200; 1000]);
    {
        let state = keystone.state();
        assert_eq!((state.questions.len(), state.logins), (1, 1));
    }
    let figures = app.figures().await;
    assert_eq!(figures["tidings_token_validation_duration_seconds_count"], 1);
    let looked_at = figures["tidings_token_cache_hits_total"] + figures["tidings_token_cache_misses_total"];
    assert_eq!(looked_at, 1000);
}

#[tokio::test]
async fn a_token_is_believed_for_five_minutes_and_not_past_its_end() {
    let keystone = FakeKeystone::start();
    keystone.give("long", token("alice", "p1", &["reader"], &json!({})));
    let ends = json!({ "expires_at": "2026-11-21T03:22:24.000000Z" });
    keystone.give("short", token("alice", "p1", &["reader"], &ends));
    let app = keystone.app();
    let (long, short) = (holder(&app, "long"), holder(&app, "short"));
    assert_eq!(
        (long.list("").await.status, short.list("").await.status),
        (200, 200)
    );
    keystone.state().tokens.clear();
    app.clock.advance(Duration::from_secs(119));
    assert_eq!(
        (long.list("").await.status, short.list("").await.status),
        (200, 200)
    );
    app.clock.advance(Duration::from_secs(1));
    assert_eq!(
        (long.list("").await.status, short.list("").await.status),
        (200, 401)
    );
    app.clock.advance(Duration::from_secs(180));
    assert_eq!(long.list("").await.status, 401);
}

#[tokio::test]
async fn an_invalid_token_is_asked_about_again_after_seconds() {
    let keystone = FakeKeystone::start();
    let app = keystone.app();
    let actor = holder(&app, "soon");
    for _ in 0..5 {
        assert_eq!(actor.list("").await.status, 401);
    }
    assert_eq!(keystone.state().questions.len(), 1);
    keystone.give("soon", token("alice", "p1", &["reader"], &json!({})));
    assert_eq!(actor.list("").await.status, 401);
    app.clock.advance(Duration::from_secs(5));
    assert_eq!(actor.list("").await.status, 200);
}

#[tokio::test]
async fn tokens_without_a_project_reach_only_what_needs_none() {
    let keystone = FakeKeystone::start();
    let system = json!({ "project": null, "system": { "all": true } });
    keystone.give(
        "system",
        token("root", "-", &["admin", "member", "reader"], &system),
    );
    keystone.give("unscoped", token("alice", "-", &[], &json!({ "project": null })));
    let domain = json!({ "project": null, "domain": { "id": "default", "name": "Default" } });
    keystone.give("domain", token("dora", "-", &["reader"], &domain));
    let app = keystone.app();
    let recorded = token("cinder", "service", &["service"], &json!({}));
    keystone.give("service", recorded);
    let body = json!({ "message": { "event_id": "VOLUME_000002" } });
    let made = holder(&app, "service").post("p1", &body).await.json();
    let id = made["message"]["id"].as_str().unwrap().to_owned();
    let one = format!("/v3/messages/{id}");
    for (token, in_project, list, show) in [
        ("system", 400, 200, 200),
        ("unscoped", 400, 403, 403),
        ("domain", 400, 403, 403),
    ] {
        let actor = holder(&app, token);
        assert_eq!(actor.list("").await.status, in_project, "{token}");
        assert_eq!(actor.get("/v3/messages").await.status, list, "{token}");
        assert_eq!(actor.get(&one).await.status, show, "{token}");
    }
    let unscoped = holder(&app, "unscoped");
    assert_eq!(unscoped.get(&one).await.fault(), "403 forbidden: Not authorized.");
    assert_eq!(
        unscoped.get("/v3/messages").await.fault(),
        "403 forbidden: Policy doesn't allow message:get_all to be performed."
    );
}

#[tokio::test]
async fn an_application_credential_is_good_for_what_its_rules_say() {
    let keystone = FakeKeystone::start();
    let rule = json!({ "id": "r", "service": "block-storage", "method": "GET", "path": "/v3/*/messages" });
    let ruled = json!({ "application_credential": { "id": "c", "access_rules": [rule] } });
    keystone.give("ruled", token("alice", "p1", &["member", "reader"], &ruled));
    let free = json!({ "application_credential": { "id": "c" } });
    keystone.give("free", token("alice", "p1", &["member", "reader"], &free));
    let app = keystone.app();
    let id = "00000000-0000-4000-8000-000000000000";
    let ruled = holder(&app, "ruled");
    assert_eq!(
        (ruled.list("").await.status, ruled.show(id).await.status),
        (200, 401)
    );
    assert_eq!(ruled.delete(id).await.status, 401);
    let free = holder(&app, "free");
    assert_eq!(
        (free.list("").await.status, free.show(id).await.status),
        (200, 404)
    );
    let other = keystone.app_with(&[("OS_KEYSTONE_AUTHTOKEN__SERVICE_TYPE", "")]);
    assert_eq!(holder(&other, "ruled").list("").await.status, 401);
    assert_eq!(holder(&other, "free").list("").await.status, 200);
}

#[tokio::test]
async fn rules_name_the_service_that_is_asked() {
    let keystone = FakeKeystone::start();
    for (name, service) in [("monitor", "instance-ha"), ("user", "block-storage")] {
        let rule = |path: &str| json!({ "id": path, "service": service, "method": "GET", "path": path });
        let rules = [rule("/v1/**"), rule("/instance-ha/v1/**"), rule("/v3/**")];
        let credential = json!({ "application_credential": { "id": name, "access_rules": rules } });
        keystone.give(name, token("alice", "p1", &["admin"], &credential));
    }
    let below =
        json!({ "id": "r", "service": "instance-ha", "method": "GET", "path": "/instance-ha/v1/segments" });
    let credential = json!({ "application_credential": { "id": "below", "access_rules": [below] } });
    keystone.give("below", token("alice", "p1", &["admin"], &credential));
    let app = keystone.app();
    for (path, status) in [("/instance-ha/v1/segments", 200), ("/v1/segments", 401)] {
        assert_eq!(holder(&app, "below").get(path).await.status, status, "{path}");
    }
    for path in ["/v1/notifications", "/instance-ha/v1/segments"] {
        let statuses = [
            holder(&app, "monitor").get(path).await.status,
            holder(&app, "user").get(path).await.status,
        ];
        assert_eq!(statuses, [200, 401], "{path}");
    }
    let statuses = [
        holder(&app, "monitor").list("").await.status,
        holder(&app, "user").list("").await.status,
    ];
    assert_eq!(statuses, [401, 200]);
}

#[tokio::test]
async fn what_cannot_be_a_token_is_refused_without_asking() {
    let keystone = FakeKeystone::start();
    let app = keystone.app();
    let anyone = app.anonymous();
    let request = anyone.request(Method::GET, "/v3/p1/messages");
    let answer = anyone.send(request.header("X-Auth-Token", "a\tb")).await;
    assert!(matches!(answer.status, 400 | 401), "{}", answer.status);
    assert_eq!(holder(&app, "").list("").await.status, 401);
    assert!(keystone.state().questions.is_empty() || keystone.state().questions[0].subject == "a\tb");
}

#[tokio::test]
async fn the_api_document_says_that_a_token_of_keystone_is_needed() {
    let keystone = FakeKeystone::start();
    let with_keystone = keystone.app().anonymous().get("/openapi.json").await.json();
    let noauth = TestApp::start().anonymous().get("/openapi.json").await.json();
    let list = |document: &serde_json::Value| document["paths"]["/v3/{project_id}/messages"]["get"].clone();
    assert_eq!(list(&with_keystone)["security"], json!([{ "token": [] }]));
    assert_eq!(list(&noauth)["security"], json!([{ "token": [] }, {}]));
    for status in ["401", "503"] {
        assert!(list(&with_keystone)["responses"][status].is_object(), "{status}");
    }
}

#[tokio::test]
async fn a_token_longer_than_any_is_refused_without_a_question() {
    let keystone = FakeKeystone::start();
    keystone.give("good", token("alice", "p1", &["member", "reader"], &json!({})));
    let app = keystone.app();
    assert_eq!(holder(&app, "good").list("").await.status, 200);
    let asked = keystone.state().questions.len();
    let before = app.figures().await;
    let long = "x".repeat(8193);
    let uri = keystone.url();
    for name in ["X-Auth-Token", "X-Storage-Token", "X-Service-Token"] {
        let anyone = app.anonymous();
        let mut request = anyone.request(Method::GET, "/v3/p1/messages").header(name, &long);
        if name == "X-Service-Token" {
            request = request.header("X-Auth-Token", "good");
        }
        assert_unauthorized(&anyone.send(request).await, &uri);
    }
    assert_eq!(keystone.state().questions.len(), asked);
    let after = app.figures().await;
    for name in [
        "tidings_token_cache_misses_total",
        "tidings_token_validation_failures_total",
        "tidings_token_validation_duration_seconds_count",
    ] {
        assert!(before.contains_key(name), "{name}");
        assert_eq!(after[name], before[name], "{name}");
    }
    // The longest that is asked about.
    assert_unauthorized(&holder(&app, &long[1..]).list("").await, &uri);
    assert_eq!(keystone.state().questions.len(), asked + 1);
}
