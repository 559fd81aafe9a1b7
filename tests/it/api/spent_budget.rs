//! What is said when a request costs more than its budget.

use std::time::Duration;

use tidings::message::Message;

use super::budget::{csrf, encoded, events, full, post_form};
use crate::page::Browser;
use crate::support::message;

#[tokio::test]
async fn a_list_that_is_found_is_shown_even_if_its_unread_messages_cannot_be_counted() {
    let (app, _) = full(1500).await;
    let newest: Vec<Message> = (0..60)
        .map(|_| Message {
            request_id: "req-new".to_owned(),
            ..message("p1", 1)
        })
        .collect();
    app.import(&newest).await;
    let browser = Browser(app.anonymous());
    let answer = browser.list("request_id=req-new&repeats=each").await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.text.matches("<b class=\"new\">Unread</b>").count(), 50);
    assert!(
        answer.text.contains("More than 50 unread messages"),
        "{}",
        answer.text
    );
}

#[tokio::test]
async fn a_message_is_shown_even_if_its_timeline_takes_too_long() {
    let (app, messages) = full(1500).await;
    let browser = Browser(app.anonymous());
    // No other message has its request, so all are examined.
    let alone = Message {
        request_id: "req-alone".to_owned(),
        ..message("p1", 0)
    };
    app.import(std::slice::from_ref(&alone)).await;
    let answer = browser.get(&format!("/v3/p1/messages/{}", alone.id)).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert!(
        answer
            .text
            .contains("Other messages could not be looked up in time."),
        "{}",
        answer.text
    );
    // With others, it has its timeline.
    let answer = browser.get(&format!("/v3/p1/messages/{}", messages[0].id)).await;
    assert!(answer.text.contains("aria-current"), "{}", answer.text);
}

#[tokio::test]
async fn what_was_marked_before_the_budget_is_spent_is_said() {
    let (app, _) = full(2000).await;
    let newest: Vec<Message> = (0..500)
        .map(|_| Message {
            request_id: "req-new".to_owned(),
            ..message("p1", 0)
        })
        .collect();
    app.import(&newest).await;
    // Those of the last seconds would be in the form.
    app.clock.advance(Duration::from_secs(11));
    let browser = Browser(app.anonymous());
    let page = browser.list("request_id=req-new&repeats=each").await.text;
    let value = |name: &str| {
        let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\"")).unwrap();
        rest.split('"').next().unwrap().to_owned()
    };
    let body = encoded(&[
        ("csrf", &csrf(&page)),
        ("list", "request_id=req-new&repeats=each"),
        ("until", &value("until")),
        ("turn", &value("turn")),
    ]);
    let answer = post_form(&browser, "/v3/p1/messages/-/read", body).await;
    assert_eq!(app.database.count("read_marks"), 500, "{}", answer.text);
    assert!(
        answer.text.contains("500 messages were marked as read."),
        "{}",
        answer.text
    );
}

#[tokio::test]
async fn a_spent_budget_is_an_error_that_says_what_to_do_and_never_a_shorter_list() {
    let (app, messages) = full(1500).await;
    let member = app.member("p1");
    for query in [
        "request_id=none",
        "offset=2999",
        "sort=request_id",
        "request_id~=none",
        "message_level=ERROR&offset=2999",
    ] {
        let fault = member.list(query).await.fault();
        assert!(
            fault.starts_with("503 serviceUnavailable: The search was given up: ")
                && fault.contains("narrow the time with created_since and created_before."),
            "{query}: {fault}"
        );
    }
    let fault = member.list("offset=2999").await.fault();
    assert!(fault.contains("the offset 2999 is too large"), "{fault}");
    app.keep(events()).await;
    let fault = app
        .admin("ops")
        .get("/v3/ops/events?priority=ERROR")
        .await
        .fault();
    assert!(
        fault.starts_with("503 serviceUnavailable: The search was given up: ")
            && fault.ends_with(". Narrow the time with since and until."),
        "{fault}"
    );
    let browser = Browser(app.anonymous());
    let ticks = format!("id={}_{}", messages[0].id, messages[2999].id);
    let csrf = csrf(&browser.list("").await.text);
    let list = encoded(&[("list", &encoded(&[("text", "zzz")]))]);
    for answer in [
        browser.list("text=zzz").await,
        browser.list("sort=event_id:asc").await,
        browser
            .get("/v3/p1/messages/-/news?from=0&known=0&text=zzz")
            .await,
        browser
            .get(&format!("/v3/p1/messages/-/delete?{ticks}&{list}"))
            .await,
        post_form(
            &browser,
            "/v3/p1/messages/-/read",
            format!("{ticks}&{list}&csrf={csrf}"),
        )
        .await,
    ] {
        assert_eq!(answer.status, 503, "{}", answer.text);
        assert_eq!(answer.header("retry-after"), "", "another try does not help");
        assert!(
            answer.text.contains("The search took too long"),
            "{}",
            answer.text
        );
    }
    assert_eq!(app.figures().await["tidings_store_searches_exhausted_total"], 12);
    // If the result is complete before the budget is spent, it is the answer.
    assert_eq!(
        member.list("message_level=ERROR&limit=300").await.ids().len(),
        300
    );
    assert_eq!(member.list("limit=1000").await.ids().len(), 1000);
    assert_eq!(app.member("p2").list("request_id=none").await.ids().len(), 0);
    assert_eq!(browser.list("").await.status, 200);
}
