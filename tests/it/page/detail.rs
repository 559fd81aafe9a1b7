//! One message and its timeline.

use super::{Browser, about, between, with_rule};
use crate::support::{TestApp, message};
use tidings::message::Message;

#[tokio::test]
async fn the_timeline_has_what_shares_request_or_resource() {
    let app = TestApp::start();
    let this = Message {
        request_id: "req-1".to_owned(),
        ..about("vol-1", -60)
    };
    let messages = [
        this.clone(),
        Message {
            request_id: "req-1".to_owned(),
            ..about("vol-2", -30)
        },
        about("vol-1", -90),
        Message {
            resource_type: Some("VOLUME_BACKUP".to_owned()),
            ..about("vol-1", -80)
        },
        about("vol-3", -10),
        Message {
            project_id: "p2".to_owned(),
            ..about("vol-1", -5)
        },
    ];
    app.import(&messages).await;
    let answer = Browser(app.anonymous())
        .get(&format!("/v3/p1/messages/{}", this.id))
        .await;
    assert_eq!(answer.status, 200);
    let timeline = between(&answer.text, "<section class=\"timeline\"", "</section>");
    let at = |message: &Message| timeline.find(&message.id.to_string());
    assert_eq!(timeline.matches("<li").count(), 3, "{timeline}");
    let current = timeline.find("aria-current").unwrap();
    assert!(
        at(&messages[2]).unwrap() < current && current < at(&messages[1]).unwrap(),
        "{timeline}"
    );
    assert_eq!(timeline.matches("<i>Same request</i>").count(), 1, "{timeline}");
    assert_eq!(timeline.matches("<i>Same resource</i>").count(), 1, "{timeline}");
}

#[tokio::test]
async fn a_message_alone_says_that_it_is() {
    let app = TestApp::start();
    let alone = message("p1", 0);
    app.import(&[alone.clone(), message("p1", 0)]).await;
    let answer = Browser(app.anonymous())
        .get(&format!("/v3/p1/messages/{}", alone.id))
        .await;
    assert!(
        answer.text.contains("There are no other messages of"),
        "{}",
        answer.text
    );
    assert!(answer.text.contains("Trying again may work."), "{}", answer.text);
}

#[tokio::test]
async fn who_may_not_delete_is_not_offered_it() {
    for (rule, may) in [("role:admin", false), ("role:member", true)] {
        let (app, _file) = with_rule("message:delete", rule);
        let message = message("p1", 0);
        app.import(std::slice::from_ref(&message)).await;
        let path = format!("/v3/p1/messages/{}", message.id);
        let browser = Browser(app.anonymous());
        assert_eq!(browser.get(&path).await.text.contains("-/delete?id="), may);
        let list = browser.list("").await.text;
        assert_eq!(list.contains("value=\"delete\""), may);
        assert!(list.contains("Mark as read"), "{list}");
        let asked = browser.get("/v3/p1/messages/-/delete").await;
        assert_eq!(asked.status, if may { 200 } else { 403 });
    }
}

#[tokio::test]
async fn anothers_message_is_not_there() {
    let (app, _file) = with_rule("context_is_admin", "role:member");
    let theirs = message("p2", 0);
    app.import(std::slice::from_ref(&theirs)).await;
    let answer = Browser(app.anonymous())
        .get(&format!("/v3/p1/messages/{}", theirs.id))
        .await;
    assert_eq!(answer.status, 404);
    assert!(answer.text.contains("Page not found"), "{}", answer.text);
}
