//! Browser sessions: cookies, expiry, several servers, keys.

use std::time::Duration;

use serde_json::json;

use crate::support::keystone::{FakeKeystone, Mood, token};
use crate::support::{Browser, Stream, TestApp, let_pass, message, until};

use super::forms::{LOGIN, csrf};

const LIST: &str = "/v3/p1/messages";
const OLD: &str = "an old key that has been used for a year";
const NEW: &str = "a new key that is used from tomorrow on";

fn keystone() -> FakeKeystone {
    let keystone = FakeKeystone::start();
    keystone.add_user("alice", &["p1", "p2"]);
    keystone.add_user("bob", &["p1"]);
    keystone
}

async fn signed_in(app: &TestApp, user: &str) -> Browser {
    let mut browser = Browser::new(&app.base);
    let page = "/v3/p1/messages/-/login";
    let fields = [("user", user), ("password", "secret"), ("domain", "Default")];
    assert_eq!(browser.submit(page, page, &fields).await.status, 303);
    assert_eq!(browser.get(LIST).await.status, 200);
    browser
}

#[tokio::test]
async fn over_https_the_cookie_belongs_to_this_host_alone() {
    let keystone = keystone();
    let app = keystone.app_with(&[("OS_API__TRUSTED_PROXIES", "127.0.0.1")]);
    let mut browser = Browser::new(&app.base);
    browser.headers = vec![
        ("X-Forwarded-Proto", "https".to_owned()),
        ("X-Forwarded-Host", "cloud.example".to_owned()),
    ];
    let entered = browser.sign_in("bob").await;
    assert_eq!(entered.status, 303);
    let cookie = entered.header("set-cookie");
    let (name, rest) = cookie.split_once('=').unwrap();
    let (value, attributes) = rest.split_once("; ").unwrap();
    assert_eq!(
        (name, attributes),
        (
            "__Host-tidings_session",
            "Path=/; HttpOnly; SameSite=Strict; Secure"
        )
    );
    assert!(value.len() == 64 && value.bytes().all(|byte| byte.is_ascii_hexdigit()));
    assert_eq!(browser.get(LIST).await.status, 200);
    // Over HTTP, or under HTTP's name, it is ignored.
    let mut plain = Browser::new(&app.base);
    plain.cookies.clone_from(&browser.cookies);
    assert_eq!(plain.get(LIST).await.status, 303);
    plain.cookies = [("tidings_session".to_owned(), value.to_owned())].into();
    plain.headers.clone_from(&browser.headers);
    assert_eq!(plain.get(LIST).await.status, 303);
}

#[tokio::test]
async fn on_this_machine_the_cookie_needs_no_https() {
    let keystone = keystone();
    let app = keystone.app();
    let entered = Browser::new(&app.base).sign_in("bob").await;
    let cookie = entered.header("set-cookie");
    assert!(cookie.starts_with("tidings_session="), "{cookie}");
    assert!(
        cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict"),
        "{cookie}"
    );
    assert_eq!(entered.header("cache-control"), "private, no-store");
}

#[tokio::test]
async fn the_id_is_a_new_one_after_each_sign_in_and_change_of_project() {
    let keystone = keystone();
    let app = keystone.app();
    let mut browser = Browser::new(&app.base);
    browser.get(LOGIN).await;
    let before = browser.cookies["tidings_session"].clone();
    browser.sign_in("bob").await;
    let after = browser.cookies["tidings_session"].clone();
    assert_ne!(before, after);
    let mut planted = Browser::new(&app.base);
    planted.cookies.insert("tidings_session".to_owned(), before);
    assert_eq!(planted.get(LIST).await.status, 303);

    let mut alice = signed_in(&app, "alice").await;
    let before = alice.clone();
    let page = "/v3/p1/messages/-/project";
    let entered = alice.submit(page, page, &[("project", "p2")]).await;
    assert_eq!(
        (entered.status, entered.header("location")),
        (303, "/v3/p2/messages")
    );
    assert_eq!(alice.get("/v3/p2/messages").await.status, 200);
    assert_eq!(
        before.clone().get(LIST).await.status,
        303,
        "the old id is worth nothing"
    );
}

#[tokio::test]
async fn an_address_of_another_project_leads_to_the_choice() {
    let keystone = keystone();
    let app = keystone.app();
    let mut browser = signed_in(&app, "alice").await;
    let asked = browser.get("/v3/p2/messages?limit=3").await;
    let choice = asked.header("location").to_owned();
    assert_eq!(
        (asked.status, choice.as_str()),
        (
            303,
            "/v3/p2/messages/-/project?next=%2Fv3%2Fp2%2Fmessages%3Flimit%3D3"
        )
    );
    let page = browser.get(&choice).await;
    assert!(page.text.contains("another project of yours"), "{}", page.text);
    assert!(page.text.contains("name of p2") && page.text.contains("name of p1"));
    let action = "/v3/p2/messages/-/project";
    let entered = browser.submit(&choice, action, &[("project", "p2")]).await;
    assert_eq!(
        (entered.status, entered.header("location")),
        (303, "/v3/p2/messages?limit=3")
    );
    let foreign = browser.get("/v3/p3/messages/-/project").await;
    assert!(foreign.text.contains("no role in"), "{}", foreign.text);
    let refused = browser.submit(action, action, &[("project", "p3")]).await;
    assert_eq!(refused.status, 403);
    let home = browser.get("/v3/-/messages").await;
    assert_eq!((home.status, home.header("location")), (303, "/v3/p2/messages"));
}

#[tokio::test]
async fn a_session_ends_unless_it_is_used() {
    let keystone = keystone();
    let app = keystone.app_with(&[("OS_SESSION__IDLE_TIMEOUT", "600")]);
    let mut browser = signed_in(&app, "bob").await;
    for _ in 0..4 {
        app.clock.advance(Duration::from_secs(500));
        assert_eq!(browser.get(LIST).await.status, 200);
    }
    app.clock.advance(Duration::from_secs(601));
    let ended = browser.get(LIST).await;
    assert_eq!(
        (ended.status, ended.header("location")),
        (303, "/v3/p1/messages/-/login")
    );
}

#[tokio::test]
async fn a_session_ends_at_its_time_and_with_its_token_at_the_latest() {
    let keystone = keystone();
    for (lifetime, ends) in [("1200", 1200), ("100000", 3599)] {
        let app = keystone.app_with(&[("OS_SESSION__LIFETIME", lifetime)]);
        let mut browser = signed_in(&app, "bob").await;
        for _ in 0..(ends / 300) {
            assert_eq!(browser.get(LIST).await.status, 200, "{lifetime}");
            app.clock.advance(Duration::from_secs(300));
        }
        app.clock.advance(Duration::from_secs(ends % 300 + 1));
        assert_eq!(browser.get(LIST).await.status, 303, "{lifetime}");
    }
}

#[tokio::test]
async fn a_change_of_project_makes_no_session_longer() {
    let keystone = keystone();
    let app = keystone.app_with(&[("OS_SESSION__LIFETIME", "1200")]);
    let mut browser = signed_in(&app, "alice").await;
    app.clock.advance(Duration::from_secs(1000));
    let page = "/v3/p1/messages/-/project";
    assert_eq!(browser.submit(page, page, &[("project", "p2")]).await.status, 303);
    app.clock.advance(Duration::from_secs(201));
    assert_eq!(browser.get("/v3/p2/messages").await.status, 303);
}

#[tokio::test]
async fn signing_out_ends_it_everywhere() {
    let keystone = keystone();
    let keys = [("OS_SESSION__KEYS", OLD)];
    let app = keystone.app_with(&keys);
    let other = keystone.app_beside(&app, &keys);
    let mut browser = signed_in(&app, "alice").await;
    assert_eq!(browser.at(&other.base).get(LIST).await.status, 200);
    let stolen = browser.clone();
    let page = browser.get("/v3/p1/messages/-/project").await;
    let token = csrf(&page.text);
    let left = browser
        .post("/v3/p1/messages/-/logout", &[("csrf", &token)])
        .await;
    assert_eq!(
        (left.status, left.header("location")),
        (303, "/v3/-/messages/-/login")
    );
    assert!(left.header("set-cookie").contains("Max-Age=0"));
    assert!(browser.cookies.is_empty());
    for base in [&app.base, &other.base] {
        assert_eq!(stolen.at(base).get(LIST).await.status, 303);
    }
    assert_eq!(app.database.count("browser_sessions"), 0);
    // Both tokens: the project's and the unscoped one.
    until("both revocations", async || keystone.state().revoked.len() == 2).await;
}

#[tokio::test]
async fn keys_are_exchanged_without_ending_sessions() {
    let keystone = keystone();
    let old = keystone.app_with(&[("OS_SESSION__KEYS", OLD)]);
    let both = keystone.app_beside(&old, &[("OS_SESSION__KEYS", &format!("{NEW},{OLD}"))]);
    let new = keystone.app_beside(&old, &[("OS_SESSION__KEYS", NEW)]);
    let browser = signed_in(&old, "bob").await;
    assert_eq!(browser.at(&both.base).get(LIST).await.status, 200);
    assert_eq!(browser.at(&new.base).get(LIST).await.status, 303);
    let browser = signed_in(&both, "bob").await;
    assert_eq!(browser.at(&new.base).get(LIST).await.status, 200);
    assert_eq!(browser.at(&old.base).get(LIST).await.status, 303);
}

#[tokio::test]
async fn a_file_of_keys_is_made_and_shared() {
    let keystone = keystone();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("session.keys");
    let option = [("OS_SESSION__KEY_FILE", path.to_str().unwrap())];
    let app = keystone.app_with(&option);
    let other = keystone.app_beside(&app, &option);
    let browser = signed_in(&app, "bob").await;
    assert_eq!(browser.at(&other.base).get(LIST).await.status, 200);
}

#[tokio::test]
async fn a_token_that_keystone_forgot_ends_the_session_without_a_circle() {
    let keystone = keystone();
    let app = keystone.app_with(&[("OS_KEYSTONE_AUTHTOKEN__TOKEN_CACHE_TIME", "0")]);
    let mut browser = signed_in(&app, "bob").await;
    keystone.state().tokens.clear();
    let ended = browser.get(LIST).await;
    assert_eq!(
        (ended.status, ended.header("location")),
        (303, "/v3/p1/messages/-/login")
    );
    assert_eq!(browser.get("/v3/p1/messages/-/login").await.status, 200);
    assert_eq!(app.database.count("browser_sessions"), 0);
}

#[tokio::test]
async fn while_keystone_is_away_sessions_remain() {
    let keystone = keystone();
    let app = keystone.app_with(&[("OS_KEYSTONE_AUTHTOKEN__TOKEN_CACHE_TIME", "0")]);
    let mut browser = signed_in(&app, "bob").await;
    keystone.state().mood = Mood::Status(500);
    assert_eq!(browser.get(LIST).await.status, 503);
    keystone.state().mood = Mood::Works;
    assert_eq!(browser.get(LIST).await.status, 200);
}

#[tokio::test]
async fn made_up_cookies_are_no_session() {
    let keystone = keystone();
    let app = keystone.app();
    for value in [
        "0".repeat(64),
        "f".repeat(10_000),
        "' OR 1=1 --".to_owned(),
        String::new(),
        "\u{e9}".to_owned(),
        "00".to_owned(),
    ] {
        let mut browser = Browser::new(&app.base);
        browser
            .cookies
            .insert("tidings_session".to_owned(), value.clone());
        assert_eq!(browser.get(LIST).await.status, 303, "{value}");
    }
}

#[tokio::test]
async fn a_stream_lives_as_long_as_its_session_and_does_not_keep_it_alive() {
    let keystone = keystone();
    let app = keystone.app_with(&[
        ("OS_API__STREAM_RECHECK_INTERVAL", "0.1"),
        ("OS_API__STREAM_POLL_INTERVAL", "0.05"),
        ("OS_SESSION__IDLE_TIMEOUT", "600"),
    ]);
    let browser = signed_in(&app, "bob").await;
    let cookie = format!("tidings_session={}", browser.cookies["tidings_session"]);
    let request = reqwest::Client::new()
        .get(format!("{}{LIST}", app.base))
        .header("Accept", "text/event-stream")
        .header("Cookie", &cookie);
    let mut stream = Stream::of(request).await;
    app.import(&[message("p1", 0)]).await;
    assert!(stream.next().await.is_some());
    app.clock.advance(Duration::from_secs(599));
    let_pass(Duration::from_millis(400)).await;
    app.clock.advance(Duration::from_secs(2));
    while stream.next().await.is_some() {}
}

#[tokio::test]
async fn a_link_of_another_site_leads_to_the_page_all_the_same() {
    let keystone = keystone();
    let app = keystone.app_with(&[("OS_CORS__ALLOWED_ORIGIN", "https://portal.example")]);
    // The browser withholds the cookie, as SameSite=Strict requires.
    let mut browser = Browser::new(&app.base);
    browser.headers = vec![
        ("Sec-Fetch-Site", "cross-site".to_owned()),
        ("Sec-Fetch-Mode", "navigate".to_owned()),
    ];
    let page = browser.get(LIST).await;
    assert_eq!(page.status, 200);
    assert!(
        page.text.contains("http-equiv=\"refresh\" content=\"0\""),
        "{}",
        page.text
    );
    assert_eq!(page.header("cache-control"), "private, no-store");
    let vary = page.header("vary");
    assert!(
        vary.contains("Origin") && vary.contains("Sec-Fetch-Site"),
        "{vary}"
    );
    // The page reloads itself, which counts as the same site.
    browser.headers[0].1 = "same-origin".to_owned();
    assert_eq!(browser.get(LIST).await.status, 303);
}

#[tokio::test]
async fn the_database_holds_neither_ids_nor_tokens() {
    let keystone = keystone();
    let app = keystone.app();
    let browser = signed_in(&app, "bob").await;
    let shown = browser.cookies["tidings_session"].clone();
    let id = <sha2::Sha256 as sha2::Digest>::digest(shown.as_bytes());
    let row = app
        .store
        .read(move |conn| tidings::store::browser_session::find(conn, &id, 0));
    let row = row.await.unwrap().unwrap();
    let has = |text: &[u8]| row.token.windows(text.len()).any(|part| part == text);
    for name in keystone.state().tokens.keys() {
        assert!(!has(&name.as_bytes()[..8]), "{name}");
    }
    assert!(!has(b"current") && !has(b"bob"));
}

#[tokio::test]
async fn a_user_of_a_token_is_not_the_user_of_the_cookie() {
    let keystone = keystone();
    keystone.give("carol", token("carol", "p1", &["reader"], &json!({})));
    let app = keystone.app();
    let mut browser = signed_in(&app, "bob").await;
    browser.headers = vec![("X-Auth-Token", "carol".to_owned())];
    // At the list's address, a request with a token gets JSON.
    let page = browser.get("/v3/p1/messages/-/catalog").await;
    assert!(
        page.text.contains("carol") && !page.text.contains("bob"),
        "{}",
        page.text
    );
}
