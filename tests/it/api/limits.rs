//! The size limits of requests; a large one costs no more than its size.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::support::{Actor, TestApp};

/// Far less than a fuzzy search for each name takes, and far more than a single pass takes.
const PATIENCE: Duration = Duration::from_secs(10);

const TOO_MANY: &str = "400 badRequest: The query string has more than 200 parameters.";

fn parameters(count: usize, separator: &str) -> String {
    let pairs: Vec<String> = (0..count).map(|index| format!("p{index}=1")).collect();
    pairs.join(separator)
}

#[tokio::test]
async fn more_than_200_query_parameters_are_refused_on_every_route() {
    let app = TestApp::start();
    let admin = app.admin("p1");
    for path in [
        "/",
        "/v3",
        "/v3/",
        "/healthcheck",
        "/metrics",
        "/catalog",
        "/openapi.json",
        "/v3/messages",
        "/v3/p1/messages",
        "/v3/p1/messages/0190f4cc-0000-7000-8000-000000000001",
        "/v3/p1/messages/-/read",
        "/v3/p1/messages/-/news",
        "/v3/p1/messages/-/delete",
        "/v3/p1/messages/-/login",
        "/v3/p1/messages/-/project",
        "/v3/p1/resource_filters",
        "/v3/p1/events",
        "/nosuch",
    ] {
        for separator in ["&", ";", "&&;"] {
            let query = parameters(201, separator);
            assert_eq!(
                admin.get(&format!("{path}?{query}")).await.fault(),
                TOO_MANY,
                "{path}"
            );
        }
    }
    for method in [Method::POST, Method::PUT, Method::DELETE] {
        let path = format!("/v3/p1/messages?{}", parameters(201, "&"));
        let answer = admin.send(admin.request(method, &path)).await;
        assert_eq!(answer.fault(), TOO_MANY);
    }
}

#[tokio::test]
async fn two_hundred_query_parameters_are_read() {
    let app = TestApp::start();
    let admin = app.admin("p1");
    let path = format!("/v3/p1/messages?{}&&&", parameters(200, "&"));
    let answer = admin.get_in("3.3", &path).await;
    assert_eq!((answer.status, answer.ids().len()), (200, 0));
}

#[tokio::test]
async fn of_many_unknown_filters_a_handful_is_named() {
    let app = TestApp::start();
    let path = format!("/v3/p1/messages?{}={}", "n".repeat(5000), parameters(199, "&"));
    let text = app.member("p1").get_in("3.31", &path).await.fault();
    assert!(text.starts_with("400 badRequest: Invalid filters nnn"), "{text}");
    assert!(text.contains("... (5000 bytes),p1,p2,"), "{text}");
    assert!(
        text.ends_with("p9,and 189 more are found in query options."),
        "{text}"
    );
}

#[tokio::test]
async fn a_form_has_as_many_fields_as_a_page_needs() {
    let app = TestApp::start();
    let member = app.member("p1");
    let post = async |fields: usize| {
        let request = member
            .request(Method::POST, "/v3/p1/messages/-/delete")
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(parameters(fields, "&"));
        member.send(request).await
    };
    assert_eq!(
        post(1025).await.fault(),
        "400 badRequest: The form has more than 1024 fields."
    );
    assert_ne!(post(1024).await.status, 400);
}

fn names(count: usize) -> Value {
    let named = (0..count).map(|index| (format!("n{index}"), json!(1)));
    Value::Object(named.collect::<Map<_, _>>())
}

async fn refused_in_time(actor: &Actor, body: Value) -> String {
    let began = Instant::now();
    let answer = actor.post("p1", &body).await;
    assert!(began.elapsed() < PATIENCE, "{:?}", began.elapsed());
    assert!(answer.text.len() < 8192, "{} bytes", answer.text.len());
    answer.fault()
}

#[tokio::test]
async fn a_hundred_thousand_names_in_a_batch_are_refused_at_the_33rd() {
    let app = TestApp::start();
    let service = app.service();
    let message = |parameters| json!({ "event_id": "VOLUME_000002", "parameters": parameters });
    let text = refused_in_time(&service, json!({ "messages": [message(names(90_000))] })).await;
    let want = "400 badRequest: messages[0].parameters: has more than 32 names at line 1 column ";
    assert!(text.starts_with(want), "{text}");
    // As many names, but only a few per message.
    let many: Vec<Value> = (0..1000).map(|_| message(names(32))).collect();
    let text = refused_in_time(&service, json!({ "messages": many })).await;
    assert!(
        text.starts_with("400 badRequest: messages[0].parameters.n0: is not a parameter of this message; "),
        "{text}"
    );
    assert!(text.ends_with("; and 31980 more"), "{text}");
}

#[tokio::test]
async fn an_error_repeats_only_the_beginning_of_a_long_name() {
    let app = TestApp::start();
    let long = "x".repeat(100_000);
    let service = app.service();
    for body in [
        json!({ "message": { "event_id": "VOLUME_000002", "parameters": { (long.as_str()): 1 } } }),
        json!({ "message": { "event_id": "VOLUME_000002", (long.as_str()): 1 } }),
        json!({ (long.as_str()): {} }),
    ] {
        let text = refused_in_time(&service, body).await;
        assert!(text.contains("xxx... ("), "{text}");
    }
    let text = app.member("p1").show(&"x".repeat(9000)).await.fault();
    assert!(
        text.starts_with("404 itemNotFound: Message xxx") && text.len() < 4200,
        "{text}"
    );
}

#[tokio::test]
async fn each_limit_is_the_configured_one() {
    let app = TestApp::with_options(&[
        ("OS_API__MAX_REQUEST_BODY_SIZE", "1024"),
        ("OS_API__MAX_BATCH_BODY_SIZE", "2048"),
        ("OS_API__MAX_BATCH_SIZE", "2"),
        ("OS_API__MAX_LIMIT", "1"),
        ("OS_API__PROJECT_ID_REGEX", "p[0-9]"),
        ("OS_API__KEEP_ALIVE", "0"),
        ("OS_MESSAGES__TTL", "60"),
        ("OS_MESSAGES__IDEMPOTENCY_TTL", "10"),
        ("OS_PAGE__PAGE_SIZE", "1"),
    ]);
    let (service, member) = (app.service(), app.member("p1"));
    let draft = json!({ "event_id": "VOLUME_000002" });
    let padded = |body: Value, size: usize| body.to_string() + &" ".repeat(size);
    for (body, fault) in [
        (
            padded(json!({ "message": draft }), 1024),
            "413 overLimit: The request body is larger than 1024 bytes.",
        ),
        (
            padded(json!({ "messages": [draft] }), 2048),
            "413 overLimit: The request body is larger than 2048 bytes.",
        ),
        (
            padded(json!({ "messages": [draft, draft, draft] }), 0),
            "400 badRequest: messages: must not be more than 2",
        ),
    ] {
        assert_eq!(service.post_text("p1", body).await.fault(), fault);
    }
    let batch = padded(json!({ "messages": [draft, draft] }), 1024);
    assert_eq!(service.post_text("p1", batch).await.status, 201);
    let page = member.list("").await;
    assert_eq!((page.ids().len(), page.next().is_some()), (1, true));
    assert_eq!(page.header("connection"), "close");
    assert_eq!(
        page.json()["messages"][0]["guaranteed_until"],
        "2026-11-21T03:21:24.834285"
    );
    let browser = app.anonymous();
    let shown = browser
        .request(Method::GET, "/v3/p1/messages")
        .header("Accept", "text/html");
    let shown = browser.send(shown).await.text;
    assert_eq!(shown.matches("name=\"id\" value=\"").count(), 1, "{shown}");
    assert_eq!(member.get("/v3/q1/messages").await.status, 404);

    let once = async || {
        service
            .post_once("p1", "key", &json!({ "message": draft }))
            .await
            .json()
    };
    let first = once().await;
    app.clock.advance(Duration::from_secs(9));
    assert_eq!(once().await, first);
    app.clock.advance(Duration::from_secs(2));
    assert_ne!(once().await, first);
}
