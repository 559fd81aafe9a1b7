//! The start page.

use tidings::message::Message;

use super::{Browser, rel};
use crate::support::keystone::FakeKeystone;
use crate::support::{TestApp, message};

#[tokio::test]
async fn the_start_page_lists_the_projects_that_have_messages() {
    let app = TestApp::start();
    let browser = Browser(app.anonymous());
    let empty = browser.get("/").await.text;
    assert!(!empty.contains("Projects with messages"), "{empty}");
    let messages: Vec<Message> = (10..35)
        .flat_map(|project| {
            let count = if project == 12 { 3 } else { 1 };
            (0..count).map(move |second| message(&format!("p{project}"), second))
        })
        .collect();
    app.import(&messages).await;
    let first = browser.get("/").await.text;
    assert!(
        first.contains("<a href=\"/v3/p12/messages\">p12</a> <small>3 messages</small>"),
        "{first}"
    );
    assert!(first.contains("p29") && !first.contains("p30"), "{first}");
    let next = rel(&first, "next").unwrap();
    let second = browser.get(&format!("/{next}")).await.text;
    assert!(
        second.contains("/v3/p34/messages") && !second.contains(">p29<"),
        "{second}"
    );
    assert_eq!(rel(&second, "next"), None);
    // Any other place in the list is as good.
    for odd in ["?after=%00", "?after=p12%27", "?after=zz"] {
        assert_eq!(browser.get(&format!("/{odd}")).await.status, 200, "{odd}");
    }
}

#[tokio::test]
async fn a_project_with_many_messages_is_not_counted_to_the_end() {
    let app = TestApp::start();
    let messages: Vec<Message> = (0..1001).map(|second| message("p1", second)).collect();
    app.import(&messages).await;
    let html = Browser(app.anonymous()).get("/").await.text;
    assert!(html.contains("more than 999 messages"), "{html}");
}

#[tokio::test]
async fn without_sign_in_no_page_says_who_is_signed_in() {
    let app = TestApp::start();
    app.import(&[message("p1", 0)]).await;
    let browser = Browser(app.anonymous());
    for path in [
        "/",
        "/v3/p1/messages",
        "/v3/messages",
        "/v3/p1/messages/-/catalog",
    ] {
        let html = browser.get(path).await.text;
        assert!(!html.contains("Signed in as"), "{path}: {html}");
        assert!(html.contains("Sign-in is off"), "{path}: {html}");
    }
}

#[tokio::test]
async fn with_keystone_the_start_page_needs_a_session() {
    let keystone = FakeKeystone::start();
    let app = keystone.app();
    let answer = Browser(app.anonymous()).get("/").await;
    assert_eq!(answer.status, 200);
    assert!(answer.text.contains("name=\"password\""), "{}", answer.text);
}
