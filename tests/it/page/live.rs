//! Counting what is new.

use serde_json::json;

use super::{Browser, about, between};
use crate::support::TestApp;

/// Returns the address that the list polls for new messages.
fn news(html: &str) -> String {
    let attribute = between(html, "data-news=\"", "\" ");
    attribute["data-news=\"".len()..attribute.len() - 2].replace("&#38;", "&")
}

#[tokio::test]
async fn what_comes_after_the_list_was_read_is_counted() {
    let app = TestApp::start();
    app.import(&[about("old", -3600), about("seen", -2)]).await;
    let browser = Browser(app.anonymous());
    let all = news(&browser.list("").await.text);
    let warnings = news(&browser.list("message_level=WARNING").await.text);
    let count = async |path: &str| {
        let news = browser.get(path).await.json();
        (
            news["count"].as_i64().unwrap(),
            news["text"].as_str().unwrap().to_owned(),
        )
    };
    let said = |count: i64, text: &str| (count, text.to_owned());
    assert_eq!(count(&all).await, said(0, ""));
    // One of them was committed after the list was read, but has an earlier time.
    app.import(&[about("late", -1), about("new", 5)]).await;
    assert_eq!(count(&all).await, said(2, "Show 2 new messages"));
    assert_eq!(count(&warnings).await, said(0, ""));
    app.import(&[tidings::message::Message {
        message_level: "WARNING".to_owned(),
        ..about("warned", 6)
    }])
    .await;
    assert_eq!(count(&warnings).await, said(1, "Show 1 new message"));
    let many: Vec<_> = (0..150).map(|index| about("r", index)).collect();
    app.import(&many).await;
    assert_eq!(count(&all).await, said(100, "Show more than 99 new messages"));
}

#[tokio::test]
async fn the_states_of_shown_messages_are_answered_as_they_are_now() {
    let app = TestApp::start();
    let rows = [about("a", -60), about("b", -50), about("c", -40)];
    app.import(&rows).await;
    let browser = Browser(app.anonymous());
    let page = browser.list("").await.text;
    let ids = rows.each_ref().map(|row| row.id.to_string());
    for (path, body) in [
        ("read", json!({ "read": { "messages": [ids[0]] } })),
        ("done", json!({ "done": { "messages": [ids[1]] } })),
    ] {
        let put = browser
            .0
            .request(reqwest::Method::PUT, &format!("/v3/p1/messages/-/{path}"));
        let put = put
            .header("Content-Type", "application/json")
            .body(body.to_string());
        assert_eq!(browser.0.send(put).await.status, 200);
    }
    let gone = uuid::Uuid::nil();
    let asked = format!("{}&id={}&id={gone}&id=x", news(&page), ids.join("&id="));
    let answer = browser.get(&asked).await.json();
    assert_eq!(answer["unread"], "1");
    let states = json!({ &ids[0]: "read", &ids[1]: "done", &ids[2]: "unread" });
    assert_eq!(answer["states"], states, "{answer}");
}

#[tokio::test]
async fn a_count_from_nowhere_is_refused() {
    let app = TestApp::start();
    let actor = app.member("p1");
    for query in [
        "",
        "from=1",
        "known=1",
        "from=x&known=1",
        "from=1&known=-1",
        "from=99999999999999999999&known=0",
    ] {
        let answer = actor.get(&format!("/v3/p1/messages/-/news?{query}")).await;
        assert_eq!(answer.status, 400, "{query}");
    }
    let most = actor
        .get(&format!(
            "/v3/p1/messages/-/news?from={}&known={}",
            i64::MAX,
            i64::MAX
        ))
        .await;
    assert_eq!(most.status, 200, "{}", most.text);
}
