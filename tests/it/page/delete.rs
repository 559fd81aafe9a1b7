//! Deleting, in a browser without scripts.

use super::{Browser, about, between, linked, value, with_rule};
use crate::support::{Answer, TestApp, message, once};
use tidings::message::{Message, Scope};
use tidings::store::Limits;

const PATH: &str = "/v3/p1/messages/-/delete";

/// Returns the ids that the form would send.
fn named(html: &str) -> Vec<String> {
    html.split("name=\"id\" value=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap().to_owned())
        .collect()
}

/// Posts the form that deletes, like this browser's page.
async fn delete(browser: &Browser, fields: &[(&str, &str)]) -> Answer {
    let page = browser.list("").await.text;
    let mut all = vec![("csrf", value(&page, "name=\"csrf\" value=\""))];
    all.extend_from_slice(fields);
    browser.send(PATH, &all).await
}

#[tokio::test]
async fn what_is_selected_is_named_deleted_and_counted() {
    let app = TestApp::start();
    let messages: Vec<Message> = (0..4).map(|index| about(&format!("r{index}"), -index)).collect();
    app.import(&messages).await;
    let browser = Browser(app.anonymous());
    let (a, b) = (messages[1].id.to_string(), messages[3].id.to_string());
    let question = browser
        .get(&format!("{PATH}?id={a}&id={b}&list=text%3Dallocated"))
        .await;
    assert_eq!(question.status, 200);
    assert!(
        question.text.contains("<h1>Delete these 2 messages?</h1>"),
        "{}",
        question.text
    );
    assert_eq!(named(&question.text), [a.clone(), b.clone()]);
    assert_eq!(linked(&browser.list("").await.text).len(), 4);
    let answer = delete(&browser, &[("id", &a), ("id", &b), ("list", "text=allocated")]).await;
    assert_eq!(answer.status, 200, "the redirect is followed");
    assert!(
        answer.text.contains("2 messages were deleted."),
        "{}",
        answer.text
    );
    assert_eq!(
        linked(&answer.text),
        [messages[0].id.to_string(), messages[2].id.to_string()]
    );
    // Again: they are already gone.
    let again = delete(&browser, &[("id", &a)]).await;
    assert!(again.text.contains("0 messages were deleted."), "{}", again.text);
}

#[tokio::test]
async fn a_group_stands_for_all_its_messages() {
    let app = TestApp::start();
    let mut messages: Vec<Message> = (0..3).map(|index| about("r", -index)).collect();
    messages.push(about("r", -100_000));
    messages.push(about("other", -1));
    app.import(&messages).await;
    let browser = Browser(app.anonymous());
    let list = browser.list("").await.text;
    let question = browser.get(&format!("{PATH}?id={}", named(&list)[0])).await.text;
    assert!(
        question.contains("<h1>Delete these 3 messages?</h1>"),
        "{question}"
    );
    let want: Vec<String> = messages[..3]
        .iter()
        .map(|message| message.id.to_string())
        .collect();
    assert_eq!(named(&question), want);
}

#[tokio::test]
async fn a_group_in_a_filtered_list_stands_for_what_is_shown_of_it() {
    let app = TestApp::start();
    let messages: Vec<Message> = (0..5)
        .map(|index| Message {
            request_id: if index % 2 == 1 { "req-a" } else { "req-b" }.to_owned(),
            ..about("r", -index)
        })
        .collect();
    app.import(&messages).await;
    let browser = Browser(app.anonymous());
    let list = browser.list("request_id=req-a").await.text;
    let place = value(&list, "name=\"list\" value=\"");
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("id", &named(&list)[0])
        .append_pair("list", place)
        .finish();
    let question = browser.get(&format!("{PATH}?{query}")).await.text;
    let want = [messages[1].id.to_string(), messages[3].id.to_string()];
    assert_eq!(named(&question), want, "{question}");
}

#[tokio::test]
async fn a_group_of_one_time_stands_for_all_its_messages_in_every_order() {
    let app = TestApp::start();
    let messages: Vec<Message> = (0..5).map(|_| about("r", 0)).collect();
    app.import(&messages).await;
    let mut want: Vec<String> = messages.iter().map(|message| message.id.to_string()).collect();
    want.sort();
    let browser = Browser(app.anonymous());
    for sort in [
        "created_at:desc",
        "created_at:asc",
        "message_level:asc",
        "resource_uuid:asc",
        "event_id:asc",
    ] {
        let ticks = named(&browser.list(&format!("sort={sort}")).await.text);
        assert_eq!(ticks, [format!("{}_{}", want[4], want[0])], "{sort}");
        let question = browser.get(&format!("{PATH}?id={}", ticks[0])).await.text;
        let mut found = named(&question);
        found.sort();
        assert_eq!(found, want, "{sort}");
    }
}

#[tokio::test]
async fn what_is_selected_by_itself_waits_for_no_search() {
    let app = TestApp::limited(Limits::default());
    let messages = [about("a", 0), about("b", 0)];
    app.import(&messages).await;
    let browser = Browser(app.anonymous());
    let (say, runs) = once();
    let (release, released) = std::sync::mpsc::channel::<()>();
    let store = app.store.clone();
    let search = tokio::spawn(async move {
        let work = move |_: &mut tidings::store::Read<'_>| {
            say(());
            let _ = released.recv();
            Ok(())
        };
        store.search(&Scope::Project("p1".to_owned()), work).await
    });
    runs.await.unwrap();
    let [a, b] = messages.map(|message| message.id.to_string());
    let question = browser.get(&format!("{PATH}?id={a}&id={b}")).await;
    assert_eq!(named(&question.text), [a.clone(), b]);
    let page = browser.list("").await.text;
    let csrf = value(&page, "name=\"csrf\" value=\"");
    let marked = browser
        .send("/v3/p1/messages/-/read", &[("csrf", csrf), ("id", &a)])
        .await;
    assert_eq!(marked.status, 200);
    assert_eq!(app.database.count("read_marks"), 1);
    release.send(()).unwrap();
    search.await.unwrap().unwrap();
}

#[tokio::test]
async fn nothing_selected_is_said() {
    let app = TestApp::start();
    let theirs = message("p2", 0);
    app.import(&[theirs.clone(), message("p1", 0)]).await;
    let browser = Browser(app.anonymous());
    for query in ["", "id=rubbish", "id=a_b", &format!("id={}", theirs.id)] {
        let answer = browser.get(&format!("{PATH}?{query}")).await;
        assert!(
            answer.text.contains("Nothing is selected"),
            "{query}: {}",
            answer.text
        );
    }
    let answer = delete(&browser, &[("id", &theirs.id.to_string())]).await;
    assert!(
        answer.text.contains("0 messages were deleted."),
        "{}",
        answer.text
    );
    assert_eq!(app.member("p2").list("").await.ids().len(), 1);
}

#[tokio::test]
async fn a_number_that_cannot_have_been_deleted_is_not_said() {
    let app = TestApp::start();
    let browser = Browser(app.anonymous());
    for (number, is_said) in [
        ("0", true),
        ("1000", true),
        ("1001", false),
        ("-1", false),
        ("x", false),
    ] {
        let html = browser.list(&format!("deleted={number}")).await.text;
        assert_eq!(html.contains("messages were deleted."), is_said, "{number}");
        assert!(!html.contains("deleted="), "no link says it again: {html}");
    }
}

#[tokio::test]
async fn a_form_of_another_site_is_refused() {
    let app = TestApp::start();
    let message = message("p1", 0);
    app.import(std::slice::from_ref(&message)).await;
    // Without a token header, which no other site could add.
    let browser = Browser(app.anonymous());
    let id = message.id.to_string();
    let question = browser.get(&format!("{PATH}?id={id}")).await.text;
    let csrf = value(&question, "name=\"csrf\" value=\"");
    let changed = [&csrf[1..], "0"].concat();
    for (csrf, site) in [
        (csrf, "cross-site"),
        (csrf, "same-site"),
        ("", "same-origin"),
        (&changed, "same-origin"),
    ] {
        let answer = browser
            .send_from(PATH, &[("id", &id), ("csrf", csrf)], site)
            .await;
        assert_eq!(answer.status, 403, "{site}");
        let is_old = answer.text.contains("This page was out of date");
        assert_eq!(is_old, site == "same-origin", "{}", answer.text);
        assert!(answer.text.contains("href=\"/v3/p1/messages\">All messages"));
    }
    assert_eq!(app.member("p1").list("").await.ids().len(), 1);
    let deleted = browser.send(PATH, &[("id", &id), ("csrf", csrf)]).await;
    assert!(
        deleted.text.contains("1 message was deleted."),
        "{}",
        deleted.text
    );
}

#[tokio::test]
async fn the_way_back_leads_nowhere_else() {
    let app = TestApp::start();
    app.import(&[message("p1", 0)]).await;
    let browser = Browser(app.anonymous());
    for list in [
        "https://evil.example/",
        "//evil.example",
        "text=x\r\nSet-Cookie: a=b",
        "&next=https://evil.example",
    ] {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("list", list)
            .finish();
        let html = browser.get(&format!("{PATH}?{query}")).await.text;
        let page = between(&html, "<main", "</main>");
        assert!(!page.contains("evil.example"), "{page}");
        let answer = delete(&browser, &[("list", list)]).await;
        assert_eq!(answer.status, 200, "still on this server");
        assert_eq!(answer.header("set-cookie"), "");
    }
}

#[tokio::test]
async fn who_may_not_delete_is_refused() {
    let (app, _file) = with_rule("message:delete", "role:admin");
    let message = message("p1", 0);
    app.import(std::slice::from_ref(&message)).await;
    let answer = Browser(app.anonymous())
        .send(PATH, &[("id", &message.id.to_string())])
        .await;
    assert_eq!(answer.status, 403);
    assert!(answer.text.contains("You may not do this"), "{}", answer.text);
    assert_eq!(app.member("p1").list("").await.ids().len(), 1);
}
