//! How often a password may be tried.

use std::time::Duration;

use super::forms::LOGIN;
use super::sign_in::keystone;
use crate::support::Browser;

#[tokio::test]
async fn the_sixth_attempt_of_a_minute_is_not_handed_on() {
    let keystone = keystone();
    let app = keystone.app();
    let mut browser = Browser::new(&app.base);
    let wrong = [("user", "alice"), ("password", "guess"), ("domain", "Default")];
    for _ in 0..5 {
        assert_eq!(browser.submit(LOGIN, LOGIN, &wrong).await.status, 403);
    }
    // Neither another browser nor the password helps.
    let mut other = Browser::new(&app.base);
    let refused = other.sign_in("alice").await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, "61"));
    assert!(refused.text.contains("Wait 61 s"), "{}", refused.text);
    assert_eq!(keystone.state().sign_ins, 5);
    assert_eq!(other.sign_in("bob").await.status, 303);
    app.clock.advance(Duration::from_secs(61));
    assert_eq!(Browser::new(&app.base).sign_in("alice").await.status, 303);
}

#[tokio::test]
async fn behind_a_trusted_proxy_each_client_has_its_attempts() {
    let keystone = keystone();
    let app = keystone.app_with(&[
        ("OS_API__TRUSTED_PROXIES", "127.0.0.1,10.0.0.0/8"),
        ("OS_SESSION__LOGIN_ATTEMPTS", "1"),
    ]);
    let wrong = [("user", "alice"), ("password", "guess"), ("domain", "Default")];
    let attempt = async |forwarded: &str| {
        let mut browser = Browser::new(&app.base);
        browser.headers = vec![("X-Forwarded-For", forwarded.to_owned())];
        browser.submit(LOGIN, LOGIN, &wrong).await.status
    };
    assert_eq!(attempt("192.0.2.1").await, 403);
    assert_eq!(attempt("192.0.2.1, 10.1.1.1").await, 429);
    // What a client writes precedes what the proxies append.
    assert_eq!(attempt("192.0.2.9, 192.0.2.1").await, 429);
    assert_eq!(attempt("192.0.2.2").await, 403);
    assert_eq!(attempt("2001:db8::1").await, 403);
    assert_eq!(attempt("2001:db8::2").await, 429);
    assert_eq!(attempt("2001:db8:0:1::1").await, 403);
    // Headers of other proxies are not trusted, so all their clients share one address.
    let options = [
        ("OS_API__PUBLIC_ENDPOINT", "https://cloud.example.org"),
        ("OS_SESSION__LOGIN_ATTEMPTS", "1"),
    ];
    let app = keystone.app_with(&options);
    let mut statuses = Vec::new();
    for address in ["192.0.2.1", "192.0.2.2"] {
        let mut browser = Browser::new(&app.base);
        browser.headers = vec![("X-Forwarded-For", address.to_owned())];
        statuses.push(browser.submit(LOGIN, LOGIN, &wrong).await.status);
    }
    assert_eq!(statuses, [403, 429]);
}
