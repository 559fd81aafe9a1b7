//! Browsers without authentication.

use reqwest::Method;
use reqwest::header::HeaderValue;

use crate::support::{Actor, Browser, TestApp};

use super::forms::LOGIN;

#[tokio::test]
async fn in_noauth_one_is_signed_in_at_once() {
    let app = TestApp::start();
    let mut browser = Browser::new(&app.base);
    assert_eq!(browser.get("/v3/demo/messages").await.status, 200);
    let page = browser.get(LOGIN).await;
    assert_eq!(page.status, 200);
    assert!(!page.text.contains("password") && page.header("set-cookie").is_empty());
    let chosen = browser.get("/v3/-/messages/-/login?project=demo").await;
    assert_eq!(
        (chosen.status, chosen.header("location")),
        (303, "/v3/demo/messages")
    );
    let refused = browser.get("/v3/-/messages/-/login?project=../x").await;
    assert_eq!(refused.status, 400);
    assert_eq!(browser.post(LOGIN, &[("user", "x")]).await.status, 404);
    assert_eq!(browser.get("/").await.status, 200);
}

#[tokio::test]
async fn an_overlong_token_is_invalid_here_too() {
    let app = TestApp::start();
    let long = format!("alice:p1:{}", "member,".repeat(2000));
    let answer = Actor::new(&app.base, "p1", Some(long)).list("").await;
    assert_eq!((answer.status, answer.header("www-authenticate")), (401, ""));
}

#[tokio::test]
async fn a_refused_token_is_named_by_its_header() {
    let app = TestApp::start();
    let anyone = app.anonymous();
    for name in ["X-Auth-Token", "X-Storage-Token", "X-Service-Token"] {
        let request = anyone.request(Method::GET, "/v3/p1/messages");
        let request = request.header(name, HeaderValue::from_bytes("é".as_bytes()).unwrap());
        let fault = anyone.send(request).await.fault();
        assert_eq!(fault, format!("400 badRequest: {name} must be ASCII."));
    }
}
