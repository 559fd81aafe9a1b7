//! What recipients see.

use serde_json::json;

use super::{Cloud, mails, post};
use crate::support::TestApp;
use crate::support::browser::hidden;
use crate::support::keystone::FakeKeystone;

#[tokio::test]
async fn the_page_is_in_the_listeners_language() {
    let cloud = Cloud::start().await;
    let mut listener = mails(&["a@example.org"]);
    listener["language"] = "zh_CN".into();
    let answer = post(&cloud.app.member("p1"), "", &listener).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    cloud.ask().await;
    assert_eq!(cloud.host.heard("Subject: =?utf-8?b?").len(), 1);
    let page = cloud
        .browser()
        .get("/v3/-/messages/-/confirm?language=zh_CN&token=x")
        .await;
    assert!(page.text.contains("<h1>此链接无效</h1>"), "{}", page.text);
    assert_eq!(page.header("content-language"), "zh-CN");
}

#[tokio::test]
async fn the_form_has_the_token_and_its_buttons_decide() {
    let cloud = Cloud::start().await;
    cloud.create("p1", &["a&b@example.org"]).await;
    cloud.ask().await;
    let link = cloud.links().remove(0);
    let (path, _) = link.split_once('?').unwrap();
    let page = cloud.browser().get(&link).await;
    assert!(
        page.text
            .contains("<h1>Do you want to receive events by e-mail?</h1>"),
        "{}",
        page.text
    );
    assert!(
        page.text.contains("the project p1") && page.text.contains("a&#38;b@example.org"),
        "{}",
        page.text
    );
    assert_eq!(page.text.matches("<button name=\"decision\"").count(), 2);
    let fields = hidden(&page.text);
    assert_eq!(fields.len(), 1);
    assert!(link.ends_with(&fields[0].1), "{link}");
    // Only this server may be told of the address, and no cache.
    assert_eq!(page.header("referrer-policy"), "same-origin");
    assert_eq!(page.header("cache-control"), "private, no-store");
    assert_eq!(page.header("x-frame-options"), "DENY");
    assert!(
        page.header("content-security-policy")
            .starts_with("default-src 'none'")
    );
    let confirmed = cloud
        .browser()
        .post(path, &[("token", &fields[0].1), ("decision", "confirm")])
        .await;
    assert!(
        confirmed.text.contains("<h1>You receive events by e-mail</h1>"),
        "{}",
        confirmed.text
    );
    assert_eq!(confirmed.text.matches("<button name=\"decision\"").count(), 1);
}

#[tokio::test]
async fn a_form_that_is_no_decision_is_refused() {
    let cloud = Cloud::start().await;
    let id = cloud.create("p1", &["a@example.org"]).await;
    cloud.ask().await;
    let link = cloud.links().remove(0);
    assert_eq!(cloud.press(&link, "").await.status, 400);
    assert_eq!(cloud.press(&link, "CONFIRM").await.status, 400);
    let (path, token) = link.split_once("?language=en&token=").unwrap();
    let mut browser = cloud.browser();
    let json = browser
        .request(reqwest::Method::POST, path)
        .header("Content-Type", "application/json")
        .body(json!({ "token": token, "decision": "confirm" }).to_string());
    assert_eq!(browser.send(json).await.status, 415);
    let long = "x".repeat(100_000);
    let fields = [("token", token), ("decision", "confirm"), ("more", &long)];
    assert_eq!(cloud.browser().post(path, &fields).await.status, 413);
    assert_eq!(cloud.states("p1", &id).await, ["asked"]);
}

#[tokio::test]
async fn it_needs_no_sign_in() {
    let keystone = FakeKeystone::start();
    let app: TestApp = keystone.app();
    let path = "/v3/-/messages/-/confirm";
    let mut browser = crate::support::Browser::new(&app.base);
    let shown = browser.get(&format!("{path}?token=x")).await;
    assert_eq!(shown.status, 404);
    assert!(shown.text.contains("This link is not valid"), "{}", shown.text);
    let decided = browser
        .post(path, &[("token", "x"), ("decision", "confirm")])
        .await;
    assert_eq!(decided.status, 404);
}
