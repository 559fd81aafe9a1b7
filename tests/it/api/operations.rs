//! Endpoints for operators and browsers.

use reqwest::Method;
use serde_json::json;

use tidings::store::Read;

use crate::support::{TestApp, until};

#[tokio::test]
async fn the_metrics_count_what_happens() {
    let app = TestApp::start();
    app.service()
        .post("p1", &json!({ "message": { "event_id": "VOLUME_000002" } }))
        .await;
    app.member("p1").list("").await;
    let operator = app.anonymous();
    // If counting takes long, a later answer has the number.
    let figures = async || operator.get("/metrics").await.text;
    until("the number", async || {
        figures().await.contains("\ntidings_messages 1\n")
    })
    .await;
    let figures = operator.get("/metrics").await.text;
    for line in [
        r#"tidings_http_requests_total{method="POST",route="/v3/{project_id}/messages",status="201"} 1"#,
        r#"tidings_http_requests_total{method="GET",route="/v3/{project_id}/messages",status="200"} 1"#,
        r#"tidings_messages_recorded_total{service="volume",level="ERROR"} 1"#,
    ] {
        assert!(figures.contains(line), "{line} is missing in\n{figures}");
    }
    for name in [
        "tidings_http_request_duration_seconds_bucket",
        "tidings_writer_batch_rows_bucket",
        "tidings_writer_queue",
    ] {
        assert!(figures.contains(name), "{name} is missing in\n{figures}");
    }
}

#[tokio::test]
async fn the_metrics_need_no_store() {
    let app = TestApp::with(|config| config.database.max_pool_size = 2);
    let operator = app.anonymous();
    let (free, busy): (Vec<_>, Vec<_>) = (0..2).map(|_| std::sync::mpsc::channel::<()>()).unzip();
    let reading = busy.into_iter().map(|busy| {
        let store = app.store.clone();
        tokio::spawn(async move {
            let wait = move |_: &mut Read<'_>| {
                let _ = busy.recv();
                Ok(())
            };
            store.read(wait).await
        })
    });
    let reading: Vec<_> = reading.collect();
    let figures = operator.get("/metrics").await;
    assert_eq!(figures.status, 200);
    assert!(
        figures.text.contains("tidings_writer_queue 0") && !figures.text.contains("tidings_messages "),
        "{}",
        figures.text
    );
    drop(free);
    for reading in reading {
        reading.await.unwrap().unwrap();
    }
    // The count continued without the first answer.
    let figures = async || operator.get("/metrics").await.text;
    until("the number", async || {
        figures().await.contains("tidings_messages 0")
    })
    .await;
    app.store.close();
    app.clock.advance(std::time::Duration::from_secs(61));
    let figures = operator.get("/metrics").await;
    assert_eq!(figures.status, 200);
    assert!(figures.text.contains("tidings_messages 0"), "{}", figures.text);
}

#[tokio::test]
async fn a_fresh_servers_metrics_are_few() {
    let app = TestApp::start();
    let figures = app.anonymous().get("/metrics").await.text;
    assert!(figures.len() < 64 * 1024, "{} bytes", figures.len());
    for route in [
        r#"method="DELETE",route="/v3/{project_id}/messages/{id}""#,
        r#"method="OTHER",route="other""#,
    ] {
        assert!(figures.contains(route), "{route} is missing in\n{figures}");
    }
    for unused in [r#"method="PATCH""#, r#"method="POST",route="/""#] {
        assert!(!figures.contains(unused), "{figures}");
    }
}

#[tokio::test]
async fn the_metrics_can_be_switched_off() {
    let app = TestApp::with(|config| config.metrics.enabled = false);
    assert_eq!(app.anonymous().get("/metrics").await.status, 404);
}

#[tokio::test]
async fn the_catalog_is_public() {
    let app = TestApp::start();
    let anyone = app.anonymous();
    let english = anyone.get("/catalog").await;
    let body = english.json();
    let names: Vec<&str> = body["services"]
        .as_array()
        .unwrap()
        .iter()
        .map(|service| service["name"].as_str().unwrap())
        .collect();
    assert!(names.contains(&"volume") && names.contains(&"share"), "{names:?}");
    assert_eq!(english.header("cache-control"), "public, max-age=300");
    let message = &body["services"][0]["messages"][0];
    for field in ["id", "text", "remedy", "level", "parameters"] {
        assert!(!message[field].is_null(), "{field} is missing in {message}");
    }
    let request = anyone
        .request(Method::GET, "/catalog")
        .header("If-None-Match", english.header("etag"));
    assert_eq!(anyone.send(request.try_clone().unwrap()).await.status, 304);
    let chinese = anyone.send(request.header("Accept-Language", "zh-CN")).await;
    assert_eq!(
        (chinese.status, chinese.header("content-language")),
        (200, "zh-CN")
    );
}

#[tokio::test]
async fn in_noauth_only_known_hosts_are_answered() {
    let app = TestApp::start();
    let anyone = app.anonymous();
    let ask = async |host: &str| {
        anyone
            .send(
                anyone
                    .request(Method::GET, "/v3/p1/messages")
                    .header("Host", host),
            )
            .await
    };
    for host in ["localhost", "LOCALHOST:80", "127.0.0.1:9", "[::1]:80", "[::1]"] {
        assert_eq!(ask(host).await.status, 200, "{host}");
    }
    for host in [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example:80",
        "10.0.0.1",
    ] {
        let fault = ask(host).await.fault();
        assert_eq!(
            fault, "403 forbidden: The Host of the request is not in [api] allowed_hosts.",
            "{host}"
        );
    }
    for (allowed, is_answered) in [("*", true), ("localhost,evil.example", true), ("", false)] {
        let app = TestApp::with_options(&[("OS_API__ALLOWED_HOSTS", allowed)]);
        let request = app
            .anonymous()
            .request(Method::GET, "/")
            .header("Host", "evil.example:1");
        let found = app.anonymous().send(request).await.status;
        assert_eq!(found != 403, is_answered, "{allowed}: {found}");
    }
}

#[tokio::test]
async fn every_answer_has_an_id_of_its_own() {
    let app = TestApp::start();
    let anyone = app.anonymous();
    let first = anyone
        .get("/nosuch")
        .await
        .header("x-openstack-request-id")
        .to_owned();
    let second = anyone
        .get("/nosuch")
        .await
        .header("x-openstack-request-id")
        .to_owned();
    assert_ne!(first, second);
    assert!(first.starts_with("req-") && first.len() == 40, "{first}");
}

#[tokio::test]
async fn metrics_come_in_the_requested_form() {
    let app = TestApp::start();
    let anyone = app.anonymous();
    let plain = anyone.get("/metrics").await;
    assert_eq!(
        plain.header("content-type"),
        "text/plain; version=0.0.4; charset=utf-8"
    );
    assert!(
        plain
            .text
            .contains("# TYPE tidings_messages_deleted_total counter\n")
            && plain.text.contains("# TYPE tidings_build_info gauge\n")
            && !plain.text.contains("# EOF"),
        "{}",
        plain.text
    );
    // As Prometheus requests it.
    let request = anyone.request(Method::GET, "/metrics").header(
        "Accept",
        "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
    );
    let open = anyone.send(request).await;
    assert!(
        open.header("content-type")
            .starts_with("application/openmetrics-text")
    );
    assert!(open.text.ends_with("# EOF\n"), "{}", open.text);
}

#[tokio::test]
async fn what_is_true_for_a_moment_is_not_kept() {
    let app = TestApp::start();
    let anyone = app.anonymous();
    for path in ["/healthcheck", "/metrics", "/", "/v3/", "/v3", "/openapi.json"] {
        let answer = anyone.get(path).await;
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
    }
    let head = anyone.send(anyone.request(Method::HEAD, "/healthcheck")).await;
    assert_eq!(head.header("cache-control"), "no-store");
}
