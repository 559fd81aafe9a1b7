//! What has been read, as the pages show and note it.

use tidings::message::Message;

use super::{BROWSER, Browser, about, linked, value};
use crate::support::{Actor, Answer, TestApp};

const READ: &str = "/v3/p1/messages/-/read";

/// Somebody in a browser on a server that lets everybody in.
fn browser(app: &TestApp) -> Browser {
    Browser(Actor::new(&app.base, "p1", None))
}

/// What the forms of a page send back to prove where they come from.
fn csrf(html: &str) -> String {
    value(html, "name=\"csrf\" value=\"").to_owned()
}

/// How many messages of a list are shown as unread, and what the list says of all.
fn unread(html: &str) -> (usize, &str) {
    let said = html.split("<p class=\"do\"><b>").nth(1);
    let said = said.map_or("", |rest| rest.split("</b>").next().unwrap());
    (html.matches("<b class=\"new\">Unread</b>").count(), said)
}

async fn send(browser: &Browser, page: &str, fields: &[(&str, &str)]) -> Answer {
    let token = csrf(page);
    let mut all = vec![("csrf", token.as_str())];
    all.extend_from_slice(fields);
    browser.send(READ, &all).await
}

async fn filled() -> (TestApp, Vec<Message>) {
    let app = TestApp::start();
    let mut rows: Vec<Message> = (0..3).map(|index| about("repeated", -60 - index)).collect();
    rows.push(about("other", -100));
    rows.push(about("third", -110));
    app.import(&rows).await;
    (app, rows)
}

#[tokio::test]
async fn what_is_selected_is_noted_and_a_group_is_all_its_messages() {
    let (app, rows) = filled().await;
    let browser = browser(&app);
    let before = browser.list("").await.text;
    assert_eq!(unread(&before), (3, "5 unread messages"));
    assert!(before.contains("<title>(5) Messages"), "{before}");
    let group = value(&before, "name=\"id\" value=\"");
    assert_eq!(group, format!("{}_{}", rows[0].id, rows[2].id));
    let after = send(&browser, &before, &[("id", group)]).await.text;
    assert_eq!(unread(&after), (2, "2 unread messages"));
    assert_eq!(linked(&after), linked(&before), "the list is as it was");
    let last = send(&browser, &before, &[("id", &rows[3].id.to_string())])
        .await
        .text;
    assert_eq!(unread(&last), (1, "1 unread message"));
}

#[tokio::test]
async fn a_group_in_a_filtered_list_is_noted_as_far_as_it_is_shown() {
    let app = TestApp::start();
    let rows: Vec<Message> = (0..5)
        .map(|index| Message {
            request_id: if index % 2 == 1 { "req-a" } else { "req-b" }.to_owned(),
            ..about("repeated", -60 - index)
        })
        .collect();
    app.import(&rows).await;
    let browser = browser(&app);
    let page = browser.list("request_id=req-a").await.text;
    let (group, place) = (
        value(&page, "name=\"id\" value=\""),
        value(&page, "name=\"list\" value=\""),
    );
    let after = send(&browser, &page, &[("id", group), ("list", place)])
        .await
        .text;
    assert_eq!(unread(&after), (0, "3 unread messages"));
}

#[tokio::test]
async fn all_are_noted_that_were_there_when_the_page_was_read() {
    let (app, _) = filled().await;
    let browser = browser(&app);
    let page = browser.list("").await.text;
    let until = value(&page, "name=\"until\" value=\"");
    // It came while the page was looked at.
    app.import(&[about("new", 30)]).await;
    let after = send(&browser, &page, &[("until", until), ("list", "text=allocated")]).await;
    assert_eq!(unread(&after.text), (1, "1 unread message"));
    assert!(after.text.contains("value=\"allocated\""), "{}", after.text);
    let bad = send(&browser, &page, &[("until", "yesterday")]).await;
    assert_eq!(bad.status, 400);
}

#[tokio::test]
async fn the_way_back_leads_to_the_same_page_of_the_list() {
    let app = TestApp::with_options(&[("OS_PAGE__PAGE_SIZE", "2")]);
    let rows: Vec<Message> = (0..5)
        .map(|index| about(&format!("r{index}"), -60 - index))
        .collect();
    app.import(&rows).await;
    let browser = browser(&app);
    let second = browser.list(&format!("marker={}", rows[1].id)).await.text;
    let place = value(&second, "name=\"list\" value=\"");
    let id = rows[2].id.to_string();
    let after = send(&browser, &second, &[("id", &id), ("list", place)])
        .await
        .text;
    assert_eq!(linked(&after), linked(&second));
    assert_eq!(unread(&after), (1, "4 unread messages"));
}

#[tokio::test]
async fn a_message_can_be_noted_from_its_own_page() {
    let (app, rows) = filled().await;
    let browser = browser(&app);
    let path = format!("/v3/p1/messages/{}", rows[3].id);
    let page = browser.get(&path).await.text;
    assert!(
        page.contains("<button class=\"plain\">Mark as read</button>"),
        "{page}"
    );
    // Reading alone changes nothing: the script says that it was seen.
    assert!(browser.get(&path).await.text.contains("Mark as read"));
    let token = csrf(&page);
    let put = |token: &str| {
        let request = browser.0.request(reqwest::Method::PUT, READ);
        request
            .header("Accept", BROWSER)
            .header("Content-Type", "application/json")
            .header("Sec-Fetch-Site", "same-origin")
            .header("X-CSRF-Token", token)
            .body(format!(r#"{{"read": {{"messages": ["{}"]}}}}"#, rows[3].id))
    };
    assert_eq!(browser.0.send(put(&token)).await.status, 200);
    let page = browser.get(&path).await.text;
    assert!(!page.contains("Mark as read"), "{page}");
    assert_eq!(unread(&browser.list("").await.text).1, "4 unread messages");
}

#[tokio::test]
async fn nothing_unread_is_not_said_and_very_many_are_not_counted() {
    let app = TestApp::start();
    let browser = browser(&app);
    assert_eq!(unread(&browser.list("").await.text), (0, ""));
    let rows: Vec<Message> = (0..150)
        .map(|index| about(&format!("r{index}"), -60 - index))
        .collect();
    app.import(&rows).await;
    let page = browser.list("").await.text;
    assert_eq!(unread(&page), (50, "More than 99 unread messages"));
    assert!(page.contains("<title>(99+) Messages"), "{page}");
}

#[tokio::test]
async fn what_is_unread_behind_much_that_was_read_one_by_one_can_be_noted() {
    let app = TestApp::start();
    let browser = browser(&app);
    let rows: Vec<Message> = (0..400)
        .map(|index| about(&format!("r{index}"), -60 - index))
        .collect();
    app.import(&rows).await;
    let page = browser.list("").await.text;
    // As far as is looked for unread ones.
    let ids: Vec<String> = rows[..396].iter().map(|row| row.id.to_string()).collect();
    let fields: Vec<(&str, &str)> = ids.iter().map(|id| ("id", id.as_str())).collect();
    let page = send(&browser, &page, &fields).await.text;
    assert_eq!(unread(&page), (0, "Older messages may be unread"));
    let until = value(&page, "name=\"until\" value=\"");
    let page = send(&browser, &page, &[("until", until)]).await.text;
    assert_eq!(unread(&page), (0, ""));
}

#[tokio::test]
async fn the_page_marks_where_block_storage_would_know_no_version() {
    let app = TestApp::with_options(&[("OS_API__STRICT_MICROVERSIONS", "true")]);
    let put = Actor::new(&app.base, "p1", None).request(reqwest::Method::PUT, READ);
    let put = put.header("Content-Type", "application/json");
    let actor = app.member("p1");
    let answer = actor.send(put.body(r#"{"read": {"all": true}}"#)).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(actor.get("/v3/p1/messages").await.status, 404);
}
