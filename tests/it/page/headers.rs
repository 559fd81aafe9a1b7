//! The headers of pages and of the files that go with them.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};

use super::Browser;
use crate::support::{TestApp, message};

#[tokio::test]
async fn every_page_is_private_and_runs_nothing_foreign() {
    let app = TestApp::start();
    let message = message("p1", 0);
    app.import(std::slice::from_ref(&message)).await;
    let browser = Browser(app.anonymous());
    for path in [
        "/",
        "/catalog",
        "/nothing",
        "/v3/p1/messages",
        "/v3/p1/messages?marker=x",
        "/v3/p1/messages/x",
        "/v3/p1/messages/-/catalog",
        "/v3/p1/messages/-/delete",
        &format!("/v3/p1/messages/{}", message.id),
    ] {
        let answer = browser.get(path).await;
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none';"), "{path}: {policy}");
        assert!(
            !policy.contains("unsafe") && !policy.contains("http"),
            "{path}: {policy}"
        );
        for part in [
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "script-src 'self';",
            "require-trusted-types-for 'script'",
        ] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert_eq!(
            answer.header("content-type"),
            "text/html; charset=utf-8",
            "{path}"
        );
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("x-frame-options"), "DENY", "{path}");
        assert_eq!(answer.header("referrer-policy"), "same-origin", "{path}");
        for kind in ["opener", "resource"] {
            let policy = answer.header(&format!("cross-origin-{kind}-policy"));
            assert_eq!(policy, "same-origin", "{path} {kind}");
        }
        assert!(
            answer.header("vary").contains("Accept, Accept-Language, Cookie"),
            "{path}"
        );
        assert_eq!(answer.header("content-language"), "en", "{path}");
        let caching = if path == "/catalog" {
            "private, no-cache"
        } else {
            "private, no-store"
        };
        assert_eq!(answer.header("cache-control"), caching, "{path}");
        // Nothing in the page that the policy would have to allow.
        for part in [
            "<style",
            "style=\"",
            "onclick=",
            "javascript:",
            "<script>",
            "http-equiv",
            "//cdn",
        ] {
            assert!(!answer.text.contains(part), "{path}: {part}");
        }
        for reference in answer
            .text
            .split("src=\"")
            .skip(1)
            .chain(answer.text.split("<link").skip(1))
        {
            assert!(
                !reference.split('>').next().unwrap().contains("://"),
                "{path}: {reference}"
            );
        }
    }
}

#[tokio::test]
async fn a_page_is_never_answered_from_what_the_browser_has() {
    let app = TestApp::start();
    let actor = app.anonymous();
    let request = actor.request(reqwest::Method::GET, "/v3/p1/messages");
    let request = request
        .header("Accept", super::BROWSER)
        .header("If-None-Match", "*");
    let answer = actor.send(request).await;
    assert_eq!((answer.status, answer.header("etag")), (200, ""));
}

#[tokio::test]
async fn files_are_kept_for_ever_under_names_that_change() {
    let app = TestApp::start();
    let page = Browser(app.anonymous()).list("").await.text;
    let files: Vec<&str> = page
        .split('"')
        .filter(|part| part.starts_with("/v3/-/messages/-/static/"))
        .collect();
    assert_eq!(files.len(), 3, "{files:?}");
    for (path, media_type) in files.iter().zip(["image/svg+xml", "text/css", "text/javascript"]) {
        // They need no sign-in.
        let actor = app.anonymous();
        let answer = actor.get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(
            answer.header("content-type"),
            format!("{media_type}; charset=utf-8")
        );
        assert_eq!(
            answer.header("cache-control"),
            "public, max-age=31536000, immutable"
        );
        let known = actor.request(reqwest::Method::GET, path);
        let known = actor
            .send(known.header("If-None-Match", answer.header("etag")))
            .await;
        assert_eq!((known.status, known.text.as_str()), (304, ""));
    }
    let other = app.anonymous().get("/v3/-/messages/-/static/page-0.css").await;
    assert_eq!(other.status, 404);
}

#[tokio::test]
async fn the_catalog_is_asked_for_again_but_not_sent_again() {
    let app = TestApp::start();
    let actor = app.anonymous();
    let ask = |etag: String| {
        actor
            .request(reqwest::Method::GET, "/catalog")
            .header("Accept", super::BROWSER)
            .header("If-None-Match", etag)
    };
    let first = actor.send(ask(String::new())).await;
    let etag = first.header("etag").to_owned();
    assert_eq!(actor.send(ask(etag.clone())).await.status, 304);
    let other = actor.send(ask(etag).header("Accept-Language", "zh")).await;
    assert_eq!(other.status, 200);
    // Programs still get the catalog.
    assert_eq!(
        actor.get("/catalog").await.header("content-type"),
        "application/json"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_has_closed_its_half_is_given_a_page_that_takes_no_search() {
    let app = TestApp::start();
    let message = message("p1", 0);
    app.import(std::slice::from_ref(&message)).await;
    let delete = format!("/v3/p1/messages/-/delete?id={}", message.id);
    for path in ["/v3/p1/messages", "/v3/p1/messages/-/catalog", &delete] {
        let mut client = TcpStream::connect(app.base.strip_prefix("http://").unwrap()).unwrap();
        let accept = super::BROWSER;
        let head = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: {accept}\r\n\r\n");
        client.write_all(head.as_bytes()).unwrap();
        client.shutdown(Shutdown::Write).unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 "), "{path}: {answer}");
    }
}
