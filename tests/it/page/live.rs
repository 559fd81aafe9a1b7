//! Counting what is new.

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
    let count = async |path: &str| browser.get(path).await.text;
    assert_eq!(count(&all).await, r#"{"count":0,"text":""}"#);
    // One of them was committed after the list was read, but has an earlier time.
    app.import(&[about("late", -1), about("new", 5)]).await;
    assert_eq!(count(&all).await, r#"{"count":2,"text":"Show 2 new messages"}"#);
    assert_eq!(count(&warnings).await, r#"{"count":0,"text":""}"#);
    app.import(&[tidings::message::Message {
        message_level: "WARNING".to_owned(),
        ..about("warned", 6)
    }])
    .await;
    assert_eq!(
        count(&warnings).await,
        r#"{"count":1,"text":"Show 1 new message"}"#
    );
    let many: Vec<_> = (0..150).map(|index| about("r", index)).collect();
    app.import(&many).await;
    assert_eq!(
        count(&all).await,
        r#"{"count":100,"text":"Show more than 99 new messages"}"#
    );
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
