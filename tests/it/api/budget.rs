//! What the worst request of each route costs, and the answer if it costs too much.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use tidings::event::{Envelope, Priority};
use tidings::message::Message;
use tidings::store::Limits;
use uuid::Uuid;

use crate::page::{BROWSER, Browser};
use crate::support::{Answer, NOW, Stream, TestApp, message};

/// The number of the project's messages.
const MESSAGES: u64 = 3000;

/// The most rows that one walk over all of them counts: its windows grow by four, and the last one counts in full.
const WALK: u64 = 4 * MESSAGES;

/// The most expensive text: eight words, none of which occurs anywhere.
const WORDS: &str = "aqzx bqzx cqzx dqzx eqzx fqzx gqzx hqzx";

const FORM: &str = "application/x-www-form-urlencoded";

/// Starts an app with the messages, all with one code and one resource, which makes them repeats of each other.
pub async fn full(looks: u64) -> (TestApp, Vec<Message>) {
    let app = TestApp::limited(Limits {
        rows: looks,
        // A busy machine needs longer.
        time: None,
        ..Limits::default()
    });
    let messages: Vec<Message> = (0..i64::try_from(MESSAGES).unwrap())
        .map(|index| Message {
            resource_uuid: Some("r".to_owned()),
            ..message("p1", -index)
        })
        .collect();
    for part in messages.chunks(500) {
        app.import(part).await;
    }
    (app, messages)
}

/// Returns the answer to a request, and the number of rows it examined.
async fn cost(app: &TestApp, answer: impl Future<Output = Answer>) -> (Answer, u64) {
    let before = app.rows_read().await;
    let answer = answer.await;
    (answer, app.rows_read().await - before)
}

pub async fn post_form(browser: &Browser, path: &str, body: String) -> Answer {
    let request = browser
        .0
        .request(Method::POST, path)
        .header("Accept", BROWSER)
        .header("Sec-Fetch-Site", "same-origin")
        .header("Content-Type", FORM)
        .body(body);
    browser.0.send(request).await
}

/// Returns the token that the forms of a page send back to prove their origin.
pub fn csrf(html: &str) -> String {
    let (_, rest) = html.split_once("name=\"csrf\" value=\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

pub fn encoded(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish()
}

#[tokio::test]
async fn lists_of_the_api_look_at_each_row_a_few_times_at_most() {
    let (app, messages) = full(4_000_000).await;
    let member = app.member("p1");
    let marker = messages[10].id;
    for (query, most) in [
        ("limit=1000".to_owned(), 1000),
        (format!("limit=1000&marker={marker}"), 1000),
        ("limit=1000&offset=2147483647".to_owned(), WALK),
        ("request_id=none".to_owned(), WALK),
        (
            "request_id~=none&event_id~=none&resource_uuid~=none".to_owned(),
            WALK,
        ),
        (
            "sort=request_id:asc,event_id:desc&offset=2147483647".to_owned(),
            WALK,
        ),
        (format!("sort=request_id&request_id~=none&marker={marker}"), WALK),
    ] {
        let (answer, rows) = cost(&app, member.list(&query)).await;
        assert_eq!(answer.status, 200, "{query}: {}", answer.text);
        assert!(rows <= most && rows > 0, "{query}: {rows}");
    }
    let admin = app.admin("ops");
    let (answer, rows) = cost(&app, admin.get("/v3/messages?project_id=none&request_id=none")).await;
    assert!(answer.ids().is_empty() && rows <= 256, "{rows}");
    // Times bound the walk.
    let since = tidings::message::time::format(messages[20].created_at);
    for query in [
        format!("created_since={since}"),
        format!("created_since={since}&request_id=none"),
        format!("created_since={since}&sort=request_id"),
        format!("created_since={since}&offset=2147483647"),
    ] {
        let (answer, rows) = cost(&app, admin.get(&format!("/v3/messages?{query}"))).await;
        assert_eq!(answer.status, 200, "{query}: {}", answer.text);
        assert!(rows <= 256, "{query}: {rows}");
    }
    let (answer, rows) = cost(&app, member.show(&marker.to_string())).await;
    assert_eq!((answer.status, rows), (200, 0));
    let (answer, rows) = cost(&app, member.get("/v3/p1/messages/-/read")).await;
    assert!(answer.status == 200 && rows <= 8000, "{rows}");
    let put = member
        .request(Method::PUT, "/v3/p1/messages/-/read")
        .header("Content-Type", "application/json")
        .body(json!({ "read": { "all": true } }).to_string());
    // Before and afterwards.
    let (answer, rows) = cost(&app, member.send(put)).await;
    assert!(answer.status == 200 && rows <= 16_000, "{rows}");
}

#[tokio::test]
async fn pages_look_at_each_row_a_few_times_at_most() {
    let (app, messages) = full(4_000_000).await;
    let browser = Browser(app.anonymous());
    let id = messages[0].id.to_string();
    let text = encoded(&[("text", WORDS)]);
    let list = encoded(&[("list", &text)]);
    // The news and the list itself; and what is unread.
    let (answer, rows) = cost(&app, browser.list(&format!("{text}&sort=event_id:asc"))).await;
    assert!(answer.status == 200 && rows <= 2 * WALK + 1000, "{rows}");
    for sort in [
        "created_at:desc",
        "created_at:asc",
        "message_level:asc",
        "resource_uuid:asc",
        "event_id:asc",
    ] {
        let (answer, rows) = cost(&app, browser.list(&format!("sort={sort}"))).await;
        assert!(answer.status == 200 && rows <= WALK + 1000, "{sort}: {rows}");
    }
    let (answer, rows) = cost(&app, browser.get(&format!("/v3/p1/messages/{id}"))).await;
    // The list beside it, too.
    assert!(answer.status == 200 && rows <= 3 * WALK, "{rows}");
    let news = format!("/v3/p1/messages/-/news?from=0&known=1000&{text}");
    let (answer, rows) = cost(&app, browser.get(&news)).await;
    assert!(answer.status == 200 && rows <= WALK, "{rows}");

    // One item for all messages, repeated; and as many items, each of which stands for many. An address takes 200
    // parameters, a form more.
    let whole = |count| format!("id={id}_{}&", messages[2999].id).repeat(count);
    let overlapping = |count| {
        let ticks: Vec<String> = (0..count)
            .map(|index| format!("id={}_{}&", messages[index].id, messages[2999 - index].id))
            .collect();
        ticks.concat()
    };
    let csrf = csrf(&browser.list("").await.text);
    for (ticks, in_form) in [(whole(199), whole(800)), (overlapping(199), overlapping(800))] {
        let (answer, rows) = cost(
            &app,
            browser.get(&format!("/v3/p1/messages/-/delete?{ticks}{list}")),
        )
        .await;
        assert!(answer.status == 200 && rows <= WALK + 1000, "{rows}");
        // The list shows none of them, so none is selected.
        assert!(!answer.text.contains("name=\"id\" value=\""));
        let read = post_form(
            &browser,
            "/v3/p1/messages/-/read",
            format!("{in_form}{list}&csrf={csrf}"),
        );
        let (answer, rows) = cost(&app, read).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        // The list that it redirects to is a page as above.
        assert!(rows <= 3 * WALK + 2000, "{rows}");
    }
    // Without words all of them match: the walk ends after one page.
    let ticks = format!("id={id}_{}", messages[2999].id);
    let (answer, rows) = cost(&app, browser.get(&format!("/v3/p1/messages/-/delete?{ticks}"))).await;
    assert_eq!(answer.text.matches("name=\"id\" value=\"").count(), 1000);
    assert!(rows <= WALK, "{rows}");
    let gone: Vec<String> = messages[..1010]
        .iter()
        .map(|row| format!("id={}&", row.id))
        .collect();
    let gone = format!("{}csrf={csrf}", gone.concat());
    let (answer, rows) = cost(&app, post_form(&browser, "/v3/p1/messages/-/delete", gone)).await;
    assert!(
        answer.text.contains("1000 messages were deleted"),
        "{}: {}",
        answer.status,
        answer.text
    );
    assert!(rows <= 3000, "{rows}");
}

/// Creates 3000 events of one project.
pub fn events() -> Vec<Envelope> {
    let event = |index| Envelope {
        message_id: Uuid::now_v7(),
        publisher_id: "tests".to_owned(),
        event_type: "repo.sync.start".to_owned(),
        priority: Priority::Info,
        timestamp: NOW - index,
        payload: "{}".to_owned(),
        request_id: None,
        project_id: Some("p1".to_owned()),
        call_report: None,
    };
    (0..3000).map(event).collect()
}

#[tokio::test]
async fn streams_events_and_what_operators_ask_are_bounded_too() {
    let (app, _) = full(4_000_000).await;
    app.keep(events()).await;
    let admin = app.admin("ops");
    for (query, most) in [
        ("", 1001),
        ("event_type=repo.sync.start", 1001),
        ("priority=ERROR", WALK),
        ("project_id=p1&event_type=none", WALK),
        ("project_id=none&event_type=repo.sync.start", 256),
    ] {
        let path = format!("/v3/ops/events?{query}");
        let (answer, rows) = cost(&app, admin.get(&path)).await;
        assert_eq!(answer.status, 200, "{query}: {}", answer.text);
        assert!(rows <= most, "{query}: {rows}");
    }
    let member = app.member("p1");
    let open = async {
        let stream = Stream::open(&member, None).await;
        drop(stream);
        member.list("limit=1").await
    };
    // Once for the starting point, and once per poll.
    let (_, rows) = cost(&app, open).await;
    assert!(rows <= 1000, "{rows}");
    let (_, rows) = cost(&app, app.anonymous().get("/healthcheck?detailed=1")).await;
    assert_eq!(rows, 0);
    // The messages are counted again when it is time, once.
    app.clock.advance(Duration::from_secs(61));
    let scrapes = async {
        app.anonymous().get("/metrics").await;
        app.anonymous().get("/metrics").await
    };
    let (_, rows) = cost(&app, scrapes).await;
    assert!(rows <= MESSAGES, "{rows}");
}
