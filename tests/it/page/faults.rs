//! Error pages, and the entry page.

use super::{Browser, between, with_rule};
use crate::support::TestApp;

#[tokio::test]
async fn an_error_is_a_page_where_a_page_was_asked_for() {
    let app = TestApp::start();
    let browser = Browser(app.anonymous());
    for (path, status, title) in [
        ("/nothing", 404, "Page not found"),
        ("/v3/p1/messages/x", 404, "Page not found"),
        ("/v3/p1/messages/-/nothing", 404, "Page not found"),
    ] {
        let answer = browser.get(path).await;
        assert_eq!(answer.status, status, "{path}");
        assert_eq!(
            between(&answer.text, "<h1>", "</h1>"),
            format!("<h1>{title}</h1>"),
            "{path}"
        );
        assert!(!answer.header("x-openstack-request-id").is_empty());
        // Programs get the usual form of errors.
        assert_eq!(app.member("p1").get(path).await.status, status, "{path}");
        app.member("p1").get(path).await.json();
    }
    let (app, _file) = with_rule("message:get_all", "!");
    let none = Browser(app.anonymous()).list("").await;
    assert_eq!(none.status, 403);
    assert!(none.text.contains("You may not do this"), "{}", none.text);
}

#[tokio::test]
async fn a_store_that_cannot_be_read_is_said_with_the_requests_id() {
    let app = TestApp::start();
    app.store.close();
    let answer = Browser(app.anonymous()).list("").await;
    assert_eq!(answer.status, 503);
    assert_eq!(answer.header("retry-after"), "1");
    assert!(
        answer.text.contains("Messages cannot be read at the moment"),
        "{}",
        answer.text
    );
    assert!(
        answer.text.contains(answer.header("x-openstack-request-id")),
        "{}",
        answer.text
    );
}

#[tokio::test]
async fn the_door_leads_to_the_project() {
    let app = TestApp::start();
    let browser = Browser(app.anonymous());
    let answer = browser.get("/").await;
    assert_eq!(answer.status, 200);
    assert!(answer.text.contains("Choose a project"), "{}", answer.text);
    assert!(browser.get("/?project=p1").await.text.contains("<b>p1</b>"));
    for wrong in ["a/b", "//evil.example", "", "a%0d%0ab", ".."] {
        let answer = browser.get(&format!("/?project={wrong}")).await;
        assert_eq!(answer.status, 400, "{wrong}");
        assert!(
            answer.text.contains("This is not a project ID."),
            "{}",
            answer.text
        );
    }
    // Programs get the versions.
    assert_eq!(app.anonymous().get("/").await.status, 300);
}

#[tokio::test]
async fn behind_a_prefix_every_address_has_it() {
    let app = TestApp::with_options(&[("OS_API__PUBLIC_ENDPOINT", "https://cloud.example.org/volume")]);
    let html = Browser(app.anonymous()).list("text=a").await.text;
    for attribute in [
        "href=\"",
        "src=\"",
        "action=\"",
        "data-news=\"",
        "data-stream=\"",
        "data-list=\"",
    ] {
        for address in html.split(attribute).skip(1) {
            let address = address.split('"').next().unwrap();
            assert!(
                // Everything is below the paths that a proxy routes.
                ["p1", "-"]
                    .iter()
                    .any(|project| address.starts_with(&format!("/volume/v3/{project}/messages")))
                    || ["#main", "/volume/v3/messages"].contains(&address),
                "{attribute}{address}"
            );
        }
    }
}

#[tokio::test]
async fn the_catalog_shows_what_is_looked_for() {
    let app = TestApp::start();
    let browser = Browser(app.anonymous());
    for path in ["/catalog", "/v3/p1/messages/-/catalog"] {
        let all = browser.get(path).await.text;
        let way_out = if path == "/catalog" {
            "<p class=\"brand\"><a href=\"/\">"
        } else {
            "<a href=\"/v3/p1/messages\">Messages</a>"
        };
        assert!(all.contains(way_out), "{path}: {all}");
        assert!(
            all.contains("VOLUME_000002") && all.contains("id=\"SHARE\""),
            "{path}"
        );
        let some = browser.get(&format!("{path}?text=allocated")).await.text;
        assert!(
            some.contains("VOLUME_000002") && !some.contains("VOLUME_000003"),
            "{path}"
        );
        let by_code = browser.get(&format!("{path}?text=volume_000003")).await.text;
        assert!(
            by_code.contains("VOLUME_000003") && !by_code.contains("VOLUME_000002"),
            "{path}"
        );
        let none = browser.get(&format!("{path}?text=xyzzy")).await.text;
        assert!(none.contains("Nothing in the catalog matches."), "{path}");
    }
}
