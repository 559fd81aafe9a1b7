//! CORS: pages of other sites, as browsers send their requests.

use reqwest::{Method, RequestBuilder};
use serde_json::json;

use crate::support::{Actor, Answer, TestApp};

const PORTAL: &str = "https://horizon.example";

fn portal() -> TestApp {
    TestApp::with_options(&[("OS_CORS__ALLOWED_ORIGIN", PORTAL)])
}

fn preflight(anyone: &Actor, origin: &str, method: &str) -> RequestBuilder {
    anyone
        .request(Method::OPTIONS, "/v3/p1/messages")
        .header("Origin", origin)
        .header("Access-Control-Request-Method", method)
}

/// Returns a list header in lower case, sorted.
fn list(answer: &Answer, header: &str) -> Vec<String> {
    let mut words: Vec<String> = answer
        .header(header)
        .split(',')
        .map(|word| word.trim().to_ascii_lowercase())
        .collect();
    words.sort();
    words
}

/// Whether any `Vary` of the answer contains the header.
fn varies_by(answer: &Answer, header: &str) -> bool {
    let values = answer.headers.get_all("vary").iter();
    let mut names = values.flat_map(|value| value.to_str().unwrap().split(','));
    names.any(|name| name.trim() == header)
}

#[tokio::test]
async fn other_sites_are_let_in_only_by_configuration() {
    let closed = TestApp::start();
    let anyone = closed.anonymous();
    let answer = anyone.send(preflight(&anyone, PORTAL, "GET")).await;
    assert_eq!(
        (answer.status, answer.header("access-control-allow-origin")),
        (200, "")
    );
    let app = portal();
    let anyone = app.anonymous();
    let answer = anyone.send(preflight(&anyone, PORTAL, "GET")).await;
    assert_eq!(
        (answer.status, answer.header("access-control-allow-origin")),
        (200, PORTAL)
    );
    assert!(answer.header("x-openstack-request-id").starts_with("req-"));
    let allowed = list(&answer, "access-control-allow-headers");
    for header in [
        "x-auth-token",
        "openstack-api-version",
        "content-type",
        "idempotency-key",
        "if-none-match",
        "last-event-id",
        "x-openstack-request-id",
    ] {
        assert!(
            allowed.iter().any(|known| known == header),
            "{header}: {allowed:?}"
        );
    }
}

#[tokio::test]
async fn what_a_browser_may_remember_and_send_along_is_configured() {
    let told = async |options: &[(&str, &str)]| {
        let app = TestApp::with_options(&[&[("OS_CORS__ALLOWED_ORIGIN", PORTAL)], options].concat());
        let anyone = app.anonymous();
        let answer = anyone.send(preflight(&anyone, PORTAL, "PUT")).await;
        ["access-control-max-age", "access-control-allow-credentials"]
            .map(|name| answer.header(name).to_owned())
    };
    assert_eq!(told(&[]).await, ["3600", ""]);
    let options = [("OS_CORS__MAX_AGE", "5"), ("OS_CORS__ALLOW_CREDENTIALS", "true")];
    assert_eq!(told(&options).await, ["5", "true"]);
}

#[tokio::test]
async fn a_refused_preflight_has_the_form_of_every_error() {
    let app = portal();
    let anyone = app.anonymous();
    let ask = preflight;
    for (request, fault) in [
        (
            ask(&anyone, "https://evil.example", "GET"),
            "403 forbidden: The Origin of the request is not in [cors] allowed_origin.",
        ),
        (
            ask(&anyone, PORTAL, "PATCH"),
            "403 forbidden: Pages of other sites may only use GET, POST, PUT and DELETE.",
        ),
        (
            ask(&anyone, PORTAL, "GET").header("Access-Control-Request-Headers", "X-Service-Token"),
            "403 forbidden: Pages of other sites may not send this header.",
        ),
        (
            ask(&anyone, PORTAL, "GET").header("Host", "evil.example"),
            "403 forbidden: The Host of the request is not in [api] allowed_hosts.",
        ),
    ] {
        let answer = anyone.send(request).await;
        assert_eq!(answer.fault(), fault);
        assert!(answer.header("x-openstack-request-id").starts_with("req-"));
        assert_eq!(answer.header("access-control-allow-origin"), "", "{fault}");
    }
    let figures = anyone.get("/metrics").await.text;
    assert!(figures.contains(r#"status="403"} 4"#), "{figures}");
}

#[tokio::test]
async fn a_page_may_read_what_it_needs_of_an_answer() {
    let app = portal();
    let anyone = app.anonymous();
    let from_page = |request: RequestBuilder| anyone.send(request.header("Origin", PORTAL));
    let made = from_page(
        anyone
            .request(Method::POST, "/v3/p1/messages")
            .header("Content-Type", "application/json")
            .body(json!({ "message": { "event_id": "VOLUME_000002" } }).to_string()),
    )
    .await;
    assert_eq!(
        (made.status, made.header("access-control-allow-origin")),
        (201, PORTAL)
    );
    assert_eq!(
        list(&made, "access-control-expose-headers"),
        [
            "etag",
            "location",
            "openstack-api-version",
            "retry-after",
            "x-compute-request-id",
            "x-openstack-manila-api-version",
            "x-openstack-request-id"
        ]
    );
    assert!(varies_by(&made, "Origin") && varies_by(&made, "OpenStack-API-Version"));
    // Refusals before any route are readable for the page too.
    let large = from_page(
        anyone
            .request(Method::POST, "/v3/p1/messages")
            .body(" ".repeat(2 << 20)),
    )
    .await;
    assert_eq!(
        (large.status, large.header("access-control-allow-origin")),
        (413, PORTAL)
    );
}

#[tokio::test]
async fn caches_keep_pages_and_their_errors_apart_by_origin_and_cookie() {
    let app = portal();
    let anyone = app.anonymous();
    for (path, status) in [
        ("/v3/p1/messages", 200),
        ("/v3/p1/messages/x", 404),
        ("/nothing", 404),
    ] {
        let request = anyone.request(Method::GET, path).header("Origin", PORTAL);
        let page = anyone.send(request.header("Accept", "text/html")).await;
        assert_eq!(
            (page.status, page.header("content-type")),
            (status, "text/html; charset=utf-8")
        );
        for header in [
            "Origin",
            "Cookie",
            "Accept",
            "Accept-Language",
            "OpenStack-API-Version",
        ] {
            assert!(varies_by(&page, header), "{path}: {header}");
        }
        assert_eq!(page.header("access-control-allow-origin"), PORTAL, "{path}");
    }
}
