//! Forms: their owners and their origin.

use reqwest::Method;

use crate::support::keystone::FakeKeystone;
use crate::support::{Browser, TestApp, browser, message};

pub const LOGIN: &str = browser::LOGIN;
const READ: &str = "/v3/p1/messages/-/read";

/// Returns the token that the forms of a page send back to prove their origin.
pub fn csrf(page: &str) -> String {
    let hidden = browser::hidden(page);
    hidden
        .into_iter()
        .find(|(name, _)| name == "csrf")
        .map(|(_, value)| value)
        .unwrap()
}

fn keystone() -> FakeKeystone {
    let keystone = FakeKeystone::start();
    keystone.add_user("alice", &["p1"]);
    keystone.add_user("bob", &["p1"]);
    keystone
}

/// Returns a signed-in browser and the token of its forms.
async fn signed_in(app: &TestApp, user: &str) -> (Browser, String) {
    let mut browser = Browser::new(&app.base);
    assert_eq!(browser.sign_in(user).await.status, 303);
    let page = browser.get("/v3/p1/messages/-/project").await;
    let token = csrf(&page.text);
    (browser, token)
}

#[tokio::test]
async fn a_form_needs_the_token_of_its_own_browser() {
    let keystone = keystone();
    let app = keystone.app();
    app.import(&[message("p1", 0)]).await;
    let (mut alice, own) = signed_in(&app, "alice").await;
    let (_, of_bob) = signed_in(&app, "bob").await;
    let of_nobody = csrf(&Browser::new(&app.base).get(LOGIN).await.text);
    let other_digit = if own.ends_with('0') { "1" } else { "0" };
    let changed = [&own[..63], other_digit].concat();
    let upper = format!("{}A", &own[..63]);
    for token in ["", "x", &of_bob, &of_nobody, &upper, &own[1..], &changed] {
        for path in ["/v3/p1/messages/-/logout", "/v3/p1/messages/-/project", READ] {
            let refused = alice
                .post(
                    path,
                    &[
                        ("csrf", token),
                        ("until", "2100-01-01T00:00:00"),
                        ("project", "p1"),
                    ],
                )
                .await;
            assert_eq!(refused.status, 403, "{path} {token}");
        }
    }
    assert_eq!(app.database.count("read_watermarks"), 0);
    let noted = alice
        .post(READ, &[("csrf", &own), ("until", "2100-01-01T00:00:00")])
        .await;
    let location = noted.header("location");
    assert!(
        noted.status == 303 && location.starts_with("/v3/p1/messages?marked="),
        "{location}"
    );
    assert_eq!(app.database.count("read_watermarks"), 1);
}

#[tokio::test]
async fn a_form_of_another_site_is_refused_even_with_the_token() {
    let keystone = keystone();
    let app = keystone.app();
    let (alice, own) = signed_in(&app, "alice").await;
    let host = app.base.strip_prefix("http://").unwrap();
    let origin = format!("https://{host}");
    let send = async |headers: &[(&str, &str)]| {
        let mut request = alice
            .request(Method::POST, READ)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(format!("csrf={own}&until=2100-01-01T00:00:00"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        alice.clone().send(request).await.status
    };
    for headers in [
        [("Sec-Fetch-Site", "cross-site"), ("Origin", app.base.as_str())],
        [("Sec-Fetch-Site", "same-site"), ("Origin", app.base.as_str())],
        [("Sec-Fetch-Site", "x"), ("Origin", app.base.as_str())],
    ] {
        assert_eq!(send(&headers).await, 403, "{headers:?}");
    }
    for other in ["https://evil.example", "null", "http://127.0.0.1:1", ""] {
        assert_eq!(send(&[("Origin", other)]).await, 403, "{other}");
    }
    for good in [app.base.as_str(), origin.as_str()] {
        assert_eq!(send(&[("Origin", good)]).await, 303, "{good}");
    }
    assert_eq!(send(&[("Sec-Fetch-Site", "same-origin")]).await, 303);
    assert_eq!(send(&[]).await, 303);
}

#[tokio::test]
async fn signing_in_needs_the_form_of_the_same_browser() {
    let keystone = keystone();
    let app = keystone.app();
    let token = csrf(&Browser::new(&app.base).get(LOGIN).await.text);
    let fields = [
        ("user", "alice"),
        ("password", "secret"),
        ("domain", "Default"),
        ("csrf", token.as_str()),
    ];
    let mut other = Browser::new(&app.base);
    for _ in 0..2 {
        let refused = other.post(LOGIN, &fields).await;
        assert_eq!(refused.status, 403);
        assert!(refused.text.contains("out of date"), "{}", refused.text);
    }
    assert_eq!(keystone.state().sign_ins, 0);
}

#[tokio::test]
async fn a_form_is_a_form() {
    let keystone = keystone();
    let app = keystone.app();
    let (mut alice, own) = signed_in(&app, "alice").await;
    for kind in [
        "application/json",
        "multipart/form-data; boundary=x",
        "text/plain",
    ] {
        for path in [LOGIN, READ, "/v3/p1/messages/-/logout"] {
            let request = alice
                .request(Method::POST, path)
                .header("Content-Type", kind)
                .body(format!("csrf={own}&until=2100-01-01T00:00:00"));
            assert_eq!(alice.send(request).await.status, 415, "{path} {kind}");
        }
    }
    let request = alice
        .request(Method::POST, LOGIN)
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body("x".repeat(70_000));
    assert_eq!(alice.send(request).await.status, 413);
}

#[tokio::test]
async fn in_noauth_a_form_of_another_site_is_refused_too() {
    let app = TestApp::start();
    let mut browser = Browser::new(&app.base);
    let refused = browser.post(READ, &[("until", "2100-01-01T00:00:00")]).await;
    assert_eq!(refused.status, 403);
    browser.headers = vec![("Content-Type", "application/json".to_owned())];
    let put = |site: &str| {
        browser
            .request(Method::PUT, READ)
            .header("Sec-Fetch-Site", site)
            .body(r#"{"read": {"all": true}}"#)
    };
    let (other, own) = (put("cross-site"), put("same-origin"));
    assert_eq!(browser.clone().send(other).await.status, 403);
    assert_eq!(browser.send(own).await.status, 200);
}

#[tokio::test]
async fn a_script_shows_the_token_in_a_header() {
    let keystone = keystone();
    let app = keystone.app();
    let (mut alice, own) = signed_in(&app, "alice").await;
    for (token, status) in [("", 403), ("x", 403), (own.as_str(), 200)] {
        let request = alice
            .request(Method::PUT, READ)
            .header("Content-Type", "application/json")
            .header("X-CSRF-Token", token)
            .body(r#"{"read": {"all": true}}"#);
        assert_eq!(alice.send(request).await.status, status);
    }
}

#[tokio::test]
async fn the_sign_in_is_there_whatever_project_ids_look_like() {
    let keystone = FakeKeystone::start();
    let app = keystone.app_with(&[("OS_API__PROJECT_ID_REGEX", "[0-9a-f]{32}")]);
    let mut browser = Browser::new(&app.base);
    let form = browser.get("/v3/-/messages/-/login").await;
    assert_eq!(form.status, 200);
    let style = form
        .text
        .split('"')
        .find(|part| part.contains("/-/static/"))
        .unwrap();
    assert_eq!(browser.get(style).await.status, 200, "{style}");
    // A pattern that matches the empty text does not make `/v3/` a project.
    let app = keystone.app_with(&[("OS_API__PROJECT_ID_REGEX", "[0-9a-z]*")]);
    assert_eq!(Browser::new(&app.base).get("/v3/").await.status, 200);
}

#[tokio::test]
async fn a_proxy_on_this_machine_is_not_a_local_user() {
    let keystone = keystone();
    let app = keystone.app();
    for (name, value) in [
        ("X-Forwarded-For", "192.0.2.7"),
        ("X-Forwarded-Proto", "https"),
        ("Forwarded", "for=192.0.2.7;proto=https"),
        ("Via", "1.1 proxy"),
    ] {
        let mut browser = Browser::new(&app.base);
        browser.headers = vec![(name, value.to_owned())];
        let page = browser.get(LOGIN).await;
        assert_eq!(page.status, 403, "{name}");
        assert!(!page.text.contains("type=\"password\""), "{name}: {}", page.text);
    }
    assert_eq!(Browser::new(&app.base).get(LOGIN).await.status, 200);
}
