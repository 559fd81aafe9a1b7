//! The operators' view.

use serde_json::json;
use tidings::message::{Kept, Message};
use tidings::store::delivery::{self, Terms, Then};
use tidings::store::rollup;
use uuid::Uuid;

use super::{Browser, between, rel, value, with_rule};
use crate::support::listeners::{attempt, deliveries_of};
use crate::support::{NOW, TestApp, message};

const DAY: i64 = 86_400_000_000;

/// Counts all messages.
pub async fn count(app: &TestApp) {
    let kept = Kept {
        hours: 30 * DAY,
        days: 400 * DAY,
    };
    while app
        .store
        .write(move |tx| rollup::advance(tx, NOW + DAY, kept))
        .await
        .unwrap()
    {}
}

fn snapshot(project: &str, seconds: i64) -> Message {
    Message {
        event_id: "VOLUME_VOLUME_SNAPSHOT_009_006".to_owned(),
        action_id: Some("009".to_owned()),
        detail_id: Some("006".to_owned()),
        message_level: "WARNING".to_owned(),
        ..message(project, seconds)
    }
}

/// Three errors of block storage in p1, a warning in p2, and one of shares long ago.
async fn filled() -> TestApp {
    let app = TestApp::start();
    let share = Message {
        event_id: "SHARE_SHARE_001_002".to_owned(),
        ..message("p3", -10 * 86_400)
    };
    let messages = [
        message("p1", -60),
        message("p1", -70),
        message("p1", -7200),
        snapshot("p2", -60),
        share,
    ];
    app.import(&messages).await;
    count(&app).await;
    app
}

/// The section with this heading.
fn section<'a>(html: &'a str, id: &str) -> &'a str {
    between(html, &format!("<h2 id=\"{id}\">"), "</section>")
}

#[tokio::test]
async fn it_says_what_fails_where() {
    let app = filled().await;
    let answer = Browser(app.anonymous()).get("/v3/messages").await;
    assert_eq!(answer.status, 200);
    let html = answer.text;
    let codes = section(&html, "codes");
    let (first, second) = (
        codes.find("No storage could be allocated").unwrap(),
        codes.find("Create snapshot: ").unwrap(),
    );
    assert!(first < second, "the most frequent comes first: {codes}");
    assert!(codes.contains("<td class=\"n\">3</td>"), "{codes}");
    assert!(codes.contains("href=\"/catalog/VOLUME_000002\""), "{codes}");
    let projects = section(&html, "projects");
    assert!(
        projects.contains("href=\"?project=p1&#38;hours=48\""),
        "{projects}"
    );
    assert!(!projects.contains("p3"), "that was too long ago: {projects}");
    let services = section(&html, "services");
    assert!(services.contains("Block storage"), "{services}");
    let recorded = section(&html, "recorded");
    assert_eq!(recorded.matches("class=\"b-e\"").count(), 2, "{recorded}");
    assert_eq!(recorded.matches("class=\"b-w\"").count(), 1, "{recorded}");
    // The same for those who do not see the bars.
    let table = between(recorded, "<tbody>", "</tbody>");
    assert!(
        table.contains("<time datetime=\"2026-11-21T03:00:00Z\">2026-11-21 03:00 UTC</time>"),
        "{table}"
    );
    assert!(
        table.contains("<td class=\"n\">2</td><td class=\"n\">1</td><td class=\"n\">0</td>"),
        "{table}"
    );
    let bar = value(table, "<a href=\"").replace("&#38;", "&");
    assert_eq!(bar, "?since=2026-11-21T03%3A00&before=2026-11-21T04%3A00");
}

#[tokio::test]
async fn each_filter_narrows_it() {
    let app = filled().await;
    let browser = Browser(app.anonymous());
    for (query, has_p1, has_p2) in [
        ("project=p2", false, true),
        ("level=warning", false, true),
        ("service=volume", true, true),
        ("service=share", false, false),
        ("code=VOLUME_000002", true, false),
        ("text=ALLOCATED+storage", true, false),
        ("text=snapshot", false, true),
        ("text=xyzzy", false, false),
        ("since=2026-11-21T03:00&before=2026-11-21T04:00", true, true),
        ("before=2026-11-01", false, false),
        ("hours=24&project=p1&level=ERROR", true, false),
    ] {
        let answer = browser.get(&format!("/v3/messages?{query}")).await;
        assert_eq!(answer.status, 200, "{query}");
        let projects = section(&answer.text, "projects");
        assert_eq!(projects.contains(">p1<"), has_p1, "{query}: {projects}");
        assert_eq!(projects.contains(">p2<"), has_p2, "{query}: {projects}");
    }
    let month = browser.get("/v3/messages?hours=720").await.text;
    assert!(section(&month, "projects").contains(">p3<"), "{month}");
    let bad = browser.get("/v3/messages?since=x").await;
    assert_eq!(bad.status, 400);
    assert!(bad.text.contains("This is not a date and time."), "{}", bad.text);
    let odd = "/v3/messages?text=%00%ff&project=%27--%00&code=%3Cscript%3E%00&service=%00x&level=x&hours=-1&projects_after=9:%27%00";
    let odd = browser.get(odd).await;
    assert_eq!(odd.status, 200);
    assert!(!odd.text.contains("<script>"), "{}", odd.text);
}

#[tokio::test]
async fn rankings_have_pages() {
    let app = TestApp::start();
    let messages: Vec<Message> = (10..25)
        .map(|number| message(&format!("p{number}"), -60))
        .collect();
    app.import(&messages).await;
    count(&app).await;
    let browser = Browser(app.anonymous());
    let first = browser.get("/v3/messages").await.text;
    let projects = section(&first, "projects");
    assert!(
        projects.contains(">p19<") && !projects.contains(">p20<"),
        "{projects}"
    );
    let next = rel(projects, "next").unwrap();
    let second = browser.get(&format!("/v3/messages{next}")).await.text;
    let projects = section(&second, "projects");
    assert!(
        projects.contains(">p24<") && !projects.contains(">p19<"),
        "{projects}"
    );
    assert_eq!(rel(projects, "next"), None);
}

#[tokio::test]
async fn it_is_for_administrators_and_programs_get_what_they_got() {
    let (app, _file) = with_rule("message:overview", "!");
    let answer = Browser(app.anonymous()).get("/v3/messages").await;
    assert_eq!(answer.status, 403);
    assert!(answer.text.contains("You may not do this"), "{}", answer.text);
    app.import(&[message("p1", 0)]).await;
    let listed = app.admin("p1").get("/v3/messages").await.json();
    assert_eq!(listed["messages"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_changed_rule_opens_the_numbers_to_others() {
    let (app, _file) = with_rule("message:overview", "role:reader");
    app.import(&[message("p2", 0)]).await;
    count(&app).await;
    let numbers = "/v3/messages/-/summary?since=2026-11-21&until=2026-11-22";
    let numbers = app.reader("p1").get(numbers).await;
    assert_eq!(numbers.status, 200, "{}", numbers.text);
    assert_eq!(numbers.json()["summary"]["recorded"], 1);
}

#[tokio::test]
async fn it_says_that_nothing_is_counted_yet() {
    let app = TestApp::start();
    app.import(&[message("p1", -3600)]).await;
    let html = Browser(app.anonymous()).get("/v3/messages").await.text;
    let recorded = section(&html, "recorded");
    assert!(
        recorded.contains("What is stored is not counted yet."),
        "{recorded}"
    );
    let summary = app.admin("p1").get("/v3/messages/-/summary").await.json();
    assert_eq!(summary["summary"]["counted_until"], serde_json::Value::Null);
}

/// A listener whose only delivery is dead.
async fn with_dead_letter(app: &TestApp) -> Uuid {
    let body =
        json!({ "listener": { "name": "ops-hook", "notifier_type": "pull", "event_types": ["message.*"] } });
    let admin = app.admin("p1");
    let request = admin
        .request(reqwest::Method::POST, "/v3/p1/listeners")
        .header("Content-Type", "application/json")
        .body(body.to_string());
    let created = admin.send(request).await.json();
    let listener: Uuid = created["listener"]["id"].as_str().unwrap().parse().unwrap();
    let body = json!({ "message": { "event_id": "VOLUME_000002" } });
    assert_eq!(app.service().post("p1", &body).await.status, 201);
    let claim = Uuid::now_v7();
    let terms = Terms {
        now: NOW,
        until: NOW + 1_000_000,
        claim,
        limit: 1,
    };
    let claimed = app
        .store
        .write(move |tx| delivery::claim_due(tx, listener, terms));
    let event = claimed.await.unwrap()[0].event.message_id;
    let made = [attempt(
        event,
        claim,
        Then::Dead("refused by the receiver".to_owned()),
    )];
    let settled = app
        .store
        .write(move |tx| delivery::settle_attempts(tx, listener, &made, NOW));
    settled.await.unwrap();
    listener
}

#[tokio::test]
async fn listeners_can_be_disabled_and_their_dead_letters_delivered_again() {
    let app = TestApp::start();
    app.leave_events();
    let listener = with_dead_letter(&app).await;
    let browser = Browser(app.anonymous());
    let html = browser.get("/v3/messages").await.text;
    let panels = between(&html, "<div id=\"panels\">", "</main>");
    assert!(
        panels.contains("ops-hook") && panels.contains("refused by the receiver"),
        "{panels}"
    );
    let csrf = value(panels, "name=\"csrf\" value=\"");
    let path = |action: &str| format!("/v3/messages/-/listeners/{listener}/{action}");
    for (fields, site) in [
        (vec![], "same-origin"),
        (vec![("csrf", "x")], "same-origin"),
        (vec![("csrf", csrf)], "cross-site"),
    ] {
        let refused = browser.send_from(&path("disable"), &fields, site).await;
        assert_eq!(refused.status, 403, "{fields:?} {site}");
    }
    let fields = [("csrf", csrf), ("next", "?hours=24&evil=//x")];
    let back = browser.send(&path("redeliver"), &fields).await;
    assert_eq!(back.status, 200, "{}", back.text);
    let delivery = &deliveries_of(&app.store, listener).await[0];
    assert_eq!(delivery.state, delivery::State::Waiting);
    let disabled = browser.send(&path("disable"), &fields).await.text;
    assert!(disabled.contains("<span class=\"health idle\">"), "{disabled}");
    let enabled = browser.send(&path("enable"), &fields).await.text;
    assert!(enabled.contains(">Disable</button>"), "{enabled}");
    for missing in [path("explode"), "/v3/messages/-/listeners/x/disable".to_owned()] {
        assert_eq!(browser.send(&missing, &fields).await.status, 404, "{missing}");
    }
}

#[tokio::test]
async fn a_button_does_no_more_than_the_listeners_api() {
    let (app, _file) = with_rule("message:overview", "role:member or is_admin:True");
    app.leave_events();
    let admin = app.admin("p1");
    let body =
        |types: &str| json!({ "listener": { "notifier_type": "pull", "event_types": [types] } }).to_string();
    let mut listeners = Vec::new();
    for types in ["message.*", "*"] {
        let request = admin
            .request(reqwest::Method::POST, "/v3/p1/listeners")
            .header("Content-Type", "application/json")
            .body(body(types));
        let created = admin.send(request).await.json();
        listeners.push(created["listener"]["id"].as_str().unwrap().to_owned());
    }
    for (member, listener, status) in [
        // It leads back to the view.
        (app.member("p1"), &listeners[0], 200),
        (app.member("p1"), &listeners[1], 404),
        (app.member("p2"), &listeners[0], 404),
    ] {
        let shown = member.get(&format!("/v3/p1/listeners/{listener}")).await.status;
        let press = member
            .request(
                reqwest::Method::POST,
                &format!("/v3/messages/-/listeners/{listener}/disable"),
            )
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body("x=1");
        let pressed = member.send(press).await;
        assert_eq!(pressed.status, status, "{shown}: {}", pressed.text);
    }
}

#[tokio::test]
async fn no_english_is_left_in_chinese() {
    let app = filled().await;
    let html = Browser(app.anonymous())
        .get("/v3/messages?language=zh_CN")
        .await
        .text;
    for english in ["Recorded", "Listeners", "Lease ", "Projects", "Block storage"] {
        assert!(!html.contains(english), "{english}: {html}");
    }
}
