//! States of messages on the pages: groups, what is selected, empty lists, and what a form says that it did.

use serde_json::json;
use tidings::message::{Change, Message};

use super::unread::send;
use super::{Browser, about, between, linked, value};
use crate::support::{Answer, TestApp};

/// Changes the state of messages as a program.
async fn put(browser: &Browser, change: Change, rows: &[&Message]) {
    let path = if matches!(change, Change::Read | Change::Unread) {
        "read"
    } else {
        "done"
    };
    let ids: Vec<String> = rows.iter().map(|row| row.id.to_string()).collect();
    let put = browser
        .0
        .request(reqwest::Method::PUT, &format!("/v3/p1/messages/-/{path}"))
        .header("Content-Type", "application/json")
        .body(json!({ change.name(): { "messages": ids } }).to_string());
    assert_eq!(browser.0.send(put).await.status, 200);
}

/// Opens a message from a list.
async fn open(browser: &Browser, row: &Message, list: &str) -> String {
    let path = format!("/v3/p1/messages/{}?{list}", row.id);
    let page = browser.get(&path).await;
    assert_eq!(page.status, 200, "{}", page.text);
    page.text
}

/// Sends the form of an open message.
async fn press(browser: &Browser, page: &str, change: &str) -> Answer {
    let form = &page[page.find("<section class=\"detail").unwrap()..];
    let field = |name: &str| value(form, &format!("name=\"{name}\" value=\"")).replace("&#38;", "&");
    let (list, id) = (field("list"), field("id"));
    let mut fields = vec![("list", list.as_str()), ("id", id.as_str()), ("change", change)];
    if form.contains("name=\"alone\"") {
        fields.push(("alone", "1"));
    }
    send(browser, page, &fields).await
}

fn is_unread(page: &str) -> bool {
    page.contains(" data-unread>")
}

/// Five repeats and another message.
async fn filled(options: &[(&str, &str)]) -> (TestApp, Vec<Message>) {
    let app = TestApp::with_options(options);
    let mut rows: Vec<Message> = (0..5).map(|index| about("repeated", -60 - index)).collect();
    rows.push(about("other", -100));
    app.import(&rows).await;
    (app, rows)
}

#[tokio::test]
async fn an_open_group_is_read_when_all_of_it_is() {
    let (app, rows) = filled(&[]).await;
    let browser = Browser(app.anonymous());
    put(&browser, Change::Read, &[&rows[0]]).await;
    let page = open(&browser, &rows[0], "").await;
    assert!(is_unread(&page), "{page}");
    // As the script does.
    let after = press(&browser, &page, "read").await.text;
    assert!(after.contains("4 messages were marked as read."), "{after}");
    assert!(after.contains("<title>(1) "), "{after}");
    assert!(!is_unread(&open(&browser, &rows[0], "").await));
    // An older one is part of the row.
    let older = open(&browser, &rows[2], "").await;
    assert!(older.contains("aria-current=\"true\"><input"), "{older}");
    let after = press(&browser, &older, "done").await.text;
    assert!(after.contains("5 messages were marked as done."), "{after}");
}

#[tokio::test]
async fn a_message_that_the_list_does_not_have_is_changed_with_its_repeats() {
    let (app, rows) = filled(&[("OS_PAGE__PAGE_SIZE", "1")]).await;
    let browser = Browser(app.anonymous());
    for list in ["resource_uuid=other", "message_level=INFO", "state=done"] {
        let page = open(&browser, &rows[1], list).await;
        assert!(page.contains("<b>5 times</b>"), "{list}: {page}");
        assert!(page.contains("name=\"alone\""), "{list}: {page}");
        let after = press(&browser, &page, "done").await.text;
        assert!(
            after.contains("5 messages were marked as done."),
            "{list}: {after}"
        );
        let page = open(&browser, &rows[1], "").await;
        let after = press(&browser, &page, "undone").await.text;
        assert!(
            after.contains("5 messages were returned to the inbox."),
            "{list}: {after}"
        );
    }
    let each = open(&browser, &rows[1], "resource_uuid=other&repeats=each").await;
    let after = press(&browser, &each, "done").await.text;
    assert!(after.contains("1 message was marked as done."), "{after}");
}

#[tokio::test]
async fn what_the_list_shows_no_more_cannot_be_selected() {
    let (app, rows) = filled(&[]).await;
    let browser = Browser(app.anonymous());
    let page = browser.list("").await.text;
    put(&browser, Change::Done, &[&rows[0], &rows[4], &rows[5]]).await;
    let group = format!("{}_{}", rows[0].id, rows[4].id);
    let other = rows[5].id.to_string();
    let fields = [
        ("id", group.as_str()),
        ("id", other.as_str()),
        ("change", "unread"),
    ];
    // Those in between are unread already, and the others stay done.
    let after = send(&browser, &page, &fields).await.text;
    assert!(after.contains("0 messages were marked as unread."), "{after}");
    let done = browser.list("state=done&repeats=each").await.text;
    assert_eq!(linked(&done).len(), 3, "{done}");
    let nothing = send(&browser, &page, &[("change", "done")]).await.text;
    assert!(nothing.contains("Nothing was selected."), "{nothing}");
    // A list of unread messages goes on showing those that were read.
    put(&browser, Change::Read, &[&rows[1]]).await;
    let read = rows[1].id.to_string();
    let read = [
        ("id", read.as_str()),
        ("list", "state=unread"),
        ("change", "done"),
    ];
    let after = send(&browser, &page, &read).await.text;
    assert!(after.contains("1 message was marked as done."), "{after}");
}

#[tokio::test]
async fn each_empty_list_says_why_it_is_empty() {
    let app = TestApp::start();
    let browser = Browser(app.anonymous());
    let said = async |query: &str| {
        let page = browser.list(query).await.text;
        between(&page, "<div class=\"state\"><h2>", "</h2>").to_owned()
    };
    for (query, title) in [
        ("", "There are no messages"),
        ("state=all", "There are no messages"),
        ("state=unread", "Nothing is unread"),
        ("state=done", "Nothing is done"),
        ("state=done&text=quota", "No message matches"),
    ] {
        assert!(said(query).await.contains(title), "{query}");
    }
    let row = about("r", -60);
    app.import(std::slice::from_ref(&row)).await;
    put(&browser, Change::Read, &[&row]).await;
    assert!(said("state=unread").await.contains("Nothing is unread"));
    assert!(said("state=done").await.contains("Nothing is done"));
    put(&browser, Change::Done, &[&row]).await;
    assert!(said("").await.contains("The inbox is empty"));
}

#[tokio::test]
async fn all_is_told_apart_by_what_can_be_done_with_it() {
    let (app, rows) = filled(&[]).await;
    let browser = Browser(app.anonymous());
    put(&browser, Change::Done, &[&rows[5]]).await;
    let page = browser.list("state=all").await.text;
    let button = |row: &str| {
        let own = page
            .split("<li class=")
            .find(|part| part.contains(&format!("value=\"{row}")));
        value(own.unwrap(), "<button name=\"").to_owned()
    };
    assert_eq!(button(&rows[5].id.to_string()), "undone");
    assert_eq!(button(&rows[0].id.to_string()), "done");
    let bar = between(&page, "<p class=\"bar\">", "</p>");
    assert!(
        bar.contains("value=\"done\"") && bar.contains("value=\"undone\""),
        "{bar}"
    );
    assert!(page.contains(">Mark all matches as done<"), "{page}");
    let inbox = browser.list("").await.text;
    assert!(inbox.contains(">Mark all 5 as done<"), "{inbox}");
    // New messages are not done, so their announcement leads to the inbox.
    let done = browser.list("state=done&event_id=VOLUME_000002").await.text;
    assert_eq!(
        value(&done, "data-list=\""),
        "/v3/p1/messages?event_id=VOLUME_000002"
    );
}

#[tokio::test]
async fn chips_count_the_messages_of_each_level_with_the_other_filters() {
    let app = TestApp::start();
    let browser = Browser(app.anonymous());
    let of_level = |level: &str, index: i64| Message {
        message_level: level.to_owned(),
        ..about(&format!("{level}-{index}"), -60 - index)
    };
    let mut rows: Vec<Message> = (0..3).map(|index| of_level("WARNING", index)).collect();
    rows.extend((0..120).map(|index| of_level("ERROR", index)));
    app.import(&rows).await;
    let chips = async |query: &str| {
        let page = browser.list(query).await.text;
        let chips = between(&page, "<p class=\"chips\">", "</p>");
        let numbers = chips.split("<b>").skip(1);
        numbers
            .map(|rest| rest.split('<').next().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(chips("").await, ["99+", "3"]);
    assert_eq!(chips("message_level=WARNING").await, ["99+", "3"]);
    assert_eq!(chips("resource_uuid=WARNING-1").await, ["1"]);
    put(&browser, Change::Done, &[&rows[1]]).await;
    assert_eq!(chips("message_level=ERROR").await, ["99+", "2"]);
    assert_eq!(chips("state=done").await, ["1"]);
}

#[tokio::test]
async fn more_than_are_counted_is_said() {
    let app = TestApp::start();
    let rows: Vec<Message> = (0..1001)
        .map(|index| about(&format!("r{index}"), -60 - index))
        .collect();
    app.import(&rows).await;
    let browser = Browser(app.anonymous());
    let page = browser.list("").await.text;
    let until = value(&page, "name=\"until\" value=\"");
    let after = send(&browser, &page, &[("until", until)]).await.text;
    assert!(
        after.contains("More than 1000 messages were marked as read."),
        "{after}"
    );
}

#[tokio::test]
async fn news_answer_the_states_of_groups() {
    let (app, rows) = filled(&[]).await;
    let browser = Browser(app.anonymous());
    let group = format!("{}_{}", rows[0].id, rows[4].id);
    let state = async |list: &str| {
        let query = format!("from=0&known=0&{list}&id={group}&open={}", rows[5].id);
        let answer = browser
            .get(&format!("/v3/p1/messages/-/news?{query}"))
            .await
            .json();
        assert_eq!(answer["states"][rows[5].id.to_string()], "unread", "{answer}");
        answer["states"][&group].as_str().map(str::to_owned)
    };
    let is = |state: &str| Some(state.to_owned());
    put(&browser, Change::Read, &[&rows[0]]).await;
    assert_eq!(state("resource_uuid=repeated").await, is("unread"));
    let all: Vec<&Message> = rows[..5].iter().collect();
    put(&browser, Change::Read, &all).await;
    assert_eq!(state("").await, is("read"));
    put(&browser, Change::Done, &[&rows[2]]).await;
    assert_eq!(
        (state("").await, state("state=done").await),
        (is("read"), is("done"))
    );
    put(&browser, Change::Done, &all).await;
    assert_eq!(state("state=all").await, is("done"));
}
