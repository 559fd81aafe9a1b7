//! Signing in with a browser.

use crate::support::keystone::{FakeKeystone, Mood, User};
use crate::support::{Answer, Browser, TestApp, message};

use super::forms::LOGIN;

pub fn keystone() -> FakeKeystone {
    let keystone = FakeKeystone::start();
    keystone.add_user("alice", &["p1", "p2"]);
    keystone.add_user("bob", &["p1"]);
    keystone.add_user("nobody", &[]);
    keystone
}

fn location(answer: &Answer) -> (u16, &str) {
    (answer.status, answer.header("location"))
}

#[tokio::test]
async fn a_browser_is_led_to_the_form_and_back() {
    let keystone = keystone();
    let app = keystone.app();
    app.import(&[message("p1", 0)]).await;
    let mut browser = Browser::new(&app.base);
    // The catalog needs no sign-in.
    assert_eq!(browser.get("/catalog").await.status, 200);
    let asked = browser.get("/v3/p1/messages?limit=5&x=%2Fy").await;
    let (status, form) = location(&asked);
    let form = form.to_owned();
    assert_eq!(
        (status, form.as_str()),
        (
            303,
            "/v3/p1/messages/-/login?next=%2Fv3%2Fp1%2Fmessages%3Flimit%3D5%26x%3D%252Fy"
        )
    );
    let fields = [("user", "bob"), ("password", "secret"), ("domain", "Default")];
    let entered = browser.submit(&form, "/v3/p1/messages/-/login", &fields).await;
    assert_eq!(location(&entered), (303, "/v3/p1/messages?limit=5&x=%2Fy"));
    let list = browser.get("/v3/p1/messages").await;
    assert_eq!(list.status, 200);
    assert!(
        list.text.contains("No storage could be allocated"),
        "{}",
        list.text
    );
    assert!(list.text.contains("bob"));
    // The root leads to the user's projects, and the form back.
    let projects = "/v3/-/messages/-/project";
    assert_eq!(location(&browser.get("/").await), (303, projects));
    let projects = browser.get(projects).await.text;
    assert!(projects.contains("name of p1"), "{projects}");
    assert_eq!(location(&browser.get(LOGIN).await), (303, "/v3/p1/messages"));
}

#[tokio::test]
async fn programs_are_not_led_anywhere() {
    let keystone = keystone();
    let app = keystone.app();
    let mut browser = Browser::new(&app.base);
    browser.sign_in("bob").await;
    let cookie = browser.cookies["tidings_session"].clone();
    for accept in ["application/json", "*/*"] {
        let anyone = app.anonymous();
        let request = anyone
            .request(reqwest::Method::GET, "/v3/p1/messages")
            .header("Accept", accept)
            .header("Cookie", format!("tidings_session={cookie}"));
        assert_eq!(anyone.send(request).await.status, 401, "{accept}");
    }
    for (method, path) in [
        (
            reqwest::Method::DELETE,
            "/v3/p1/messages/00000000-0000-4000-8000-000000000000",
        ),
        (reqwest::Method::POST, "/v3/p1/messages"),
    ] {
        let request = browser
            .request(method, path)
            .header("Content-Type", "application/json")
            .body("{}");
        assert_eq!(browser.send(request).await.status, 401, "{path}");
    }
    // A request with a token comes from a program, whatever it accepts.
    browser.headers = vec![("X-Auth-Token", "wrong".to_owned())];
    assert_eq!(browser.get("/v3/p1/messages").await.status, 401);
}

#[tokio::test]
async fn the_project_is_the_one_typed_or_asked_for_or_the_only_one_or_chosen() {
    let keystone = keystone();
    let app = keystone.app();
    for (user, page, typed, to) in [
        ("bob", LOGIN, "", "/v3/p1/messages"),
        ("alice", LOGIN, "p2", "/v3/p2/messages"),
        ("alice", LOGIN, "name of p2", "/v3/p2/messages"),
        ("alice", "/v3/p1/messages/-/login", "", "/v3/p1/messages"),
        ("alice", LOGIN, "", "/v3/-/messages/-/project"),
        ("alice", LOGIN, "p3", "/v3/-/messages/-/project"),
        ("bob", "/v3/p2/messages/-/login", "", "/v3/p2/messages/-/project"),
        ("nobody", LOGIN, "", "/v3/-/messages/-/project"),
        (
            "alice",
            "/v3/p1/messages/-/login?next=/v3/p2/messages?limit=1",
            "",
            "/v3/p2/messages?limit=1",
        ),
        (
            "alice",
            "/v3/p1/messages/-/login?next=/v3/p2/messages?limit=1",
            "p1",
            "/v3/p1/messages",
        ),
    ] {
        let mut browser = Browser::new(&app.base);
        let fields = [
            ("user", user),
            ("password", "secret"),
            ("domain", "Default"),
            ("project", typed),
        ];
        let action = page.split('?').next().unwrap();
        let entered = browser.submit(page, action, &fields).await;
        assert_eq!(location(&entered), (303, to), "{user} {page} {typed}");
        assert_eq!(browser.get(to).await.status, 200, "{user} {page} {typed}");
    }
}

#[tokio::test]
async fn pages_and_forms_of_another_project_lead_to_the_switch() {
    let keystone = keystone();
    let app = keystone.app();
    let mut browser = Browser::new(&app.base);
    let page = "/v3/p1/messages/-/login";
    let fields = [("user", "alice"), ("password", "secret"), ("domain", "Default")];
    browser.submit(page, page, &fields).await;
    let switch = "/v3/p2/messages/-/project";
    for path in [
        "/v3/p2/messages",
        "/v3/p2/messages/-/catalog",
        "/v3/p2/messages/-/delete?id=x",
    ] {
        assert_eq!(location(&browser.get(path).await), (303, switch), "{path}");
    }
    for path in ["/v3/p2/messages/-/delete", "/v3/p2/messages/-/read"] {
        let sent = browser.post(path, &[("csrf", "x"), ("id", "x")]).await;
        assert_eq!(location(&sent), (303, switch), "{path}");
    }
    // The script of a page learns that its request is in vain.
    let news = browser.get("/v3/p2/messages/-/news?from=1&known=0").await;
    assert_eq!(news.status, 400);
}

#[tokio::test]
async fn without_a_session_there_is_no_choice_of_projects() {
    let keystone = FakeKeystone::start();
    let app = keystone.app();
    let mut browser = Browser::new(&app.base);
    for answer in [
        browser.get("/v3/p1/messages/-/project").await,
        browser
            .post("/v3/p1/messages/-/project", &[("project", "p2")])
            .await,
    ] {
        assert_eq!(
            (answer.status, answer.header("location")),
            (303, "/v3/p1/messages/-/login")
        );
    }
}

#[tokio::test]
async fn the_page_of_an_error_has_the_way_out_of_the_session() {
    let keystone = keystone();
    let app = keystone.app();
    let mut browser = Browser::new(&app.base);
    browser.sign_in("bob").await;
    let missing = browser.get("/v3/p1/messages/x").await;
    assert_eq!(missing.status, 404);
    assert!(missing.text.contains("<b>bob</b>"), "{}", missing.text);
    let csrf = super::forms::csrf(&missing.text);
    let left = browser.post("/v3/p1/messages/-/logout", &[("csrf", &csrf)]).await;
    assert_eq!(location(&left).0, 303);
    assert_eq!(location(&browser.get("/v3/p1/messages").await).0, 303);
}

#[tokio::test]
async fn an_application_credential_has_its_project() {
    let keystone = keystone();
    keystone.state().users.push(User {
        name: "c0ffee".to_owned(),
        domain: None,
        secret: "secret".to_owned(),
        projects: vec![("p1".to_owned(), "one".to_owned())],
    });
    let app = keystone.app();
    let mut browser = Browser::new(&app.base);
    let fields = [
        ("method", "application_credential"),
        ("credential_id", "c0ffee"),
        ("credential_secret", "secret"),
    ];
    let entered = browser.submit(LOGIN, LOGIN, &fields).await;
    assert_eq!(location(&entered), (303, "/v3/p1/messages"));
    let choice = browser.get("/v3/p1/messages/-/project").await;
    assert!(choice.text.contains("limited to one project"), "{}", choice.text);
    let fields = [("project", "p2")];
    let page = "/v3/p1/messages/-/project";
    assert_eq!(browser.submit(page, page, &fields).await.status, 403);
}

#[tokio::test]
async fn what_was_wrong_is_not_said_and_secrets_are_not_repeated() {
    let keystone = keystone();
    let app = keystone.app();
    let mut pages = Vec::new();
    for (user, password, domain) in [
        ("alice", "guess-1", "Default"),
        ("mallory", "guess-1", "Default"),
        ("alice", "guess-1", "Elsewhere"),
    ] {
        let mut browser = Browser::new(&app.base);
        let fields = [("user", user), ("password", password), ("domain", domain)];
        let refused = browser.submit(LOGIN, LOGIN, &fields).await;
        assert_eq!(refused.status, 403);
        assert!(!refused.text.contains("guess-1") && !refused.text.contains("no user"));
        let alert = refused.text.split("role=\"alert\">").nth(1).unwrap();
        pages.push(alert.split('<').next().unwrap().to_owned());
    }
    assert_eq!(pages[0], pages[1]);
    assert_eq!(pages[0], pages[2]);
}

#[tokio::test]
async fn whatever_is_typed_is_shown_as_text_only() {
    let keystone = keystone();
    let app = keystone.app();
    let hostile = "\"><script>alert(1)</script>";
    let fields = [
        ("user", hostile),
        ("password", "x"),
        ("domain", hostile),
        ("project", hostile),
        ("next", hostile),
    ];
    let refused = Browser::new(&app.base).submit(LOGIN, LOGIN, &fields).await;
    assert_eq!(refused.status, 403);
    assert!(!refused.text.contains("<script>alert"), "{}", refused.text);
    assert!(refused.text.contains("script&#62;alert"), "{}", refused.text);
}

#[tokio::test]
async fn a_sign_in_never_leads_to_another_site() {
    let keystone = keystone();
    let app = keystone.app();
    for next in [
        "https://evil.example/v3/p1/messages",
        "//evil.example/v3/p1/messages",
        "/\\evil.example",
        "/v3/p1/messages/../../../evil",
        "/v3/p1/messages/%2e%2e/x",
        "/v3/p1/messages//evil.example",
        "/v3//evil.example/messages",
        "/v3/p1/messages/-/logout",
        "/v3/p1/messages\r\nLocation: https://evil.example",
        "/v3/p1/messages\u{2028}",
        "javascript:alert(1)",
        "/v3/p1/messagesx",
        "",
    ] {
        let mut browser = Browser::new(&app.base);
        let fields = [
            ("user", "bob"),
            ("password", "secret"),
            ("domain", "Default"),
            ("next", next),
        ];
        let entered = browser.submit(LOGIN, LOGIN, &fields).await;
        assert_eq!(location(&entered), (303, "/v3/p1/messages"), "{next:?}");
        assert_eq!(entered.headers.get_all("location").iter().count(), 1);
    }
}

#[tokio::test]
async fn while_keystone_is_away_the_form_says_so() {
    let keystone = keystone();
    let app = keystone.app();
    for mood in [Mood::Status(500), Mood::Closes] {
        keystone.state().mood = mood;
        let answer = Browser::new(&app.base).sign_in("alice").await;
        assert_eq!((answer.status, answer.header("retry-after")), (503, "1"));
        assert!(answer.text.contains("does not answer"), "{}", answer.text);
    }
}

#[tokio::test]
async fn a_form_that_is_not_filled_in_is_not_sent_on() {
    let keystone = keystone();
    let app = keystone.app();
    for fields in [
        [("user", ""), ("password", "x")],
        [("user", "alice"), ("password", "")],
        [("method", "application_credential"), ("credential_id", "x")],
    ] {
        let mut all = vec![("domain", "Default")];
        all.extend(fields);
        assert_eq!(
            Browser::new(&app.base).submit(LOGIN, LOGIN, &all).await.status,
            400
        );
    }
    assert_eq!(keystone.state().sign_ins, 0);
    let app = keystone.app_with(&[("OS_SESSION__DEFAULT_DOMAIN", "corporate")]);
    let form = Browser::new(&app.base).get(LOGIN).await.text;
    assert!(form.contains("name=\"domain\" value=\"corporate\""), "{form}");
}

#[tokio::test]
async fn a_password_goes_through_no_network_in_the_clear() {
    let keystone = keystone();
    let app = keystone.app();
    let mut browser = Browser::new(&app.base);
    browser.headers = vec![("Host", "tidings.example".to_owned())];
    let page = browser.get(LOGIN).await;
    assert_eq!(page.status, 403);
    assert!(
        page.text.contains("HTTPS") && !page.text.contains("<form"),
        "{}",
        page.text
    );
    let hidden = [("csrf", app_token(&app).await)];
    let fields = [
        ("user", "alice"),
        ("password", "secret"),
        ("domain", "Default"),
        ("csrf", hidden[0].1.as_str()),
    ];
    assert_eq!(browser.post(LOGIN, &fields).await.status, 403);
    assert_eq!(keystone.state().sign_ins, 0);
}

/// Returns a token of another browser's form.
async fn app_token(app: &TestApp) -> String {
    let page = Browser::new(&app.base).get(LOGIN).await;
    super::forms::csrf(&page.text)
}
