//! Read marks on the pages.

use serde_json::json;
use tidings::message::Message;

use super::{BROWSER, Browser, about, linked, value};
use crate::support::{Actor, Answer, NOW, TestApp};

const READ: &str = "/v3/p1/messages/-/read";

/// A browser on a server without authentication.
fn browser(app: &TestApp) -> Browser {
    Browser(app.anonymous())
}

/// Returns the token that the forms of a page send back to prove their origin.
fn csrf(html: &str) -> String {
    value(html, "name=\"csrf\" value=\"").to_owned()
}

/// Returns how many messages of a list are shown as unread, and the list's own number.
fn unread(html: &str) -> (usize, &str) {
    let said = html.split("<p class=\"do\"><b>").nth(1);
    let said = said.map_or("", |rest| rest.split("</b>").next().unwrap());
    (html.matches("<b class=\"new\">Unread</b>").count(), said)
}

pub(super) async fn send(browser: &Browser, page: &str, fields: &[(&str, &str)]) -> Answer {
    let token = csrf(page);
    let mut all = vec![("csrf", token.as_str())];
    if page.contains("name=\"turn\"") {
        all.push(("turn", value(page, "name=\"turn\" value=\"")));
    }
    if page.contains("name=\"recent\"") {
        all.push(("recent", value(page, "name=\"recent\" value=\"")));
    }
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
    assert_eq!(unread(&after), (0, ""));
    assert_eq!(unread(&browser.list("").await.text).1, "3 unread messages");
}

#[tokio::test]
async fn all_are_noted_that_were_there_when_the_page_was_read() {
    let (app, _) = filled().await;
    let browser = browser(&app);
    let page = browser.list("").await.text;
    let until = value(&page, "name=\"until\" value=\"");
    // It arrived while the page was open.
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
    let is_unread = |page: &str| page.contains(" data-unread>");
    assert!(is_unread(&page), "{page}");
    // Loading alone changes nothing: the script reports that it was displayed.
    assert!(is_unread(&browser.get(&path).await.text));
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
    assert!(!is_unread(&page), "{page}");
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
    let mut page = browser.list("").await.text;
    // As far back as unread ones are counted, and as many at a time as the longest page has.
    let ids: Vec<String> = rows[..396].iter().map(|row| row.id.to_string()).collect();
    for ids in ids.chunks(150) {
        let fields: Vec<(&str, &str)> = ids.iter().map(|id| ("id", id.as_str())).collect();
        page = send(&browser, &page, &fields).await.text;
    }
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

/// Presses "Mark all as read" on a page.
async fn mark_all(browser: &Browser, page: &str) -> Answer {
    let until = value(page, "name=\"until\" value=\"");
    let place = value(page, "name=\"list\" value=\"").replace("&#38;", "&");
    send(browser, page, &[("until", until), ("list", &place)]).await
}

/// A message of a level.
fn of_level(level: &str, resource: &str, seconds: i64) -> Message {
    Message {
        message_level: level.to_owned(),
        ..about(resource, seconds)
    }
}

#[tokio::test]
async fn a_filtered_list_counts_and_marks_what_it_shows() {
    let app = TestApp::with_options(&[("OS_PAGE__PAGE_SIZE", "2")]);
    let browser = browser(&app);
    let mut rows: Vec<Message> = (0..5)
        .map(|index| of_level("WARNING", &format!("w{index}"), -60 - index))
        .collect();
    rows.extend((0..3).map(|index| of_level("ERROR", &format!("qx{index}"), -62 - index)));
    app.import(&rows).await;
    assert_eq!(unread(&browser.list("").await.text).1, "8 unread messages");
    let page = browser.list("message_level=WARNING").await.text;
    assert_eq!(unread(&page), (2, "5 unread messages"));
    let after = mark_all(&browser, &page).await.text;
    assert!(after.contains("5 messages were marked as read."), "{after}");
    assert_eq!(unread(&after), (0, ""));
    assert_eq!(linked(&after), linked(&page), "the list has its filters still");
    assert_eq!(unread(&browser.list("").await.text).1, "3 unread messages");
    // A text is a filter too; here the page is the whole list. No id has these letters by chance.
    let page = browser.list("text=qx1").await.text;
    assert_eq!(unread(&page), (1, "1 unread message"));
    mark_all(&browser, &page).await;
    assert_eq!(unread(&browser.list("").await.text).1, "2 unread messages");
    let page = browser.list("before=yesterday").await.text;
    assert_eq!(unread(&page), (0, ""));
    let bad = [("until", "2100-01-01T00:00:00"), ("list", "before=yesterday")];
    let page = browser.list("").await.text;
    assert_eq!(send(&browser, &page, &bad).await.status, 400);
}

#[tokio::test]
async fn what_comes_or_is_imported_after_the_page_was_drawn_stays_unread() {
    for filters in ["", "resource_type=VOLUME"] {
        let (app, _) = filled().await;
        let browser = browser(&app);
        let page = browser.list(filters).await.text;
        app.import(&[about("older", -80), about("between", -61)]).await;
        let after = mark_all(&browser, &page).await.text;
        assert_eq!(unread(&after), (2, "2 unread messages"), "{filters}");
        // They can be marked from the page that shows them.
        let after = mark_all(&browser, &after).await.text;
        assert_eq!(unread(&after), (0, ""), "{filters}");
    }
}

#[tokio::test]
async fn a_filtered_list_finds_late_arrivals_below_the_watermark() {
    let app = TestApp::with_options(&[("OS_PAGE__PAGE_SIZE", "1")]);
    let browser = browser(&app);
    app.import(&[of_level("WARNING", "w0", -50), of_level("ERROR", "e0", -51)])
        .await;
    let page = browser.list("").await.text;
    mark_all(&browser, &page).await;
    app.import(&[of_level("WARNING", "w1", -90), of_level("ERROR", "e1", -91)])
        .await;
    let page = browser.list("message_level=WARNING").await.text;
    assert_eq!(unread(&page), (0, "1 unread message"));
    let after = mark_all(&browser, &page).await.text;
    assert!(after.contains("1 message was marked as read."), "{after}");
    assert_eq!(unread(&after), (0, ""));
    assert_eq!(unread(&browser.list("").await.text).1, "1 unread message");
}

#[tokio::test]
async fn a_clock_that_jumps_ahead_marks_nothing_that_is_yet_to_come() {
    const HOUR: i64 = 3_600_000_000;
    let body = json!({"message": {"event_id": "VOLUME_000002"}});
    for filters in ["", "event_id=VOLUME_000002"] {
        let app = TestApp::start();
        let browser = browser(&app);
        assert_eq!(app.service().post("p1", &body).await.status, 201);
        app.clock.set(NOW + HOUR);
        let page = browser.list(filters).await.text;
        let put = browser.0.request(reqwest::Method::PUT, READ);
        let put = put.header("Content-Type", "application/json");
        let all = browser.0.send(put.body(r#"{"read": {"all": true}}"#)).await;
        assert_eq!(all.json()["read"]["unread"], 0);
        assert_eq!(mark_all(&browser, &page).await.status, 200);
        app.clock.set(NOW + 5_000_000);
        assert_eq!(app.service().post("p1", &body).await.status, 201);
        assert_eq!(unread(&browser.list(filters).await.text).1, "1 unread message");
        // Nor does the page that was rendered under the wrong clock.
        mark_all(&browser, &page).await;
        assert_eq!(unread(&browser.list(filters).await.text).1, "1 unread message");
    }
}

#[tokio::test]
async fn what_another_server_commits_late_is_not_changed_unseen() {
    const SECOND: i64 = 1_000_000;
    let body = json!({"message": {"event_id": "VOLUME_000002"}});
    for (change, filters) in [("read", ""), ("done", ""), ("done", "event_id=VOLUME_000002")] {
        let app = TestApp::start();
        let browser = browser(&app);
        let record = async |at: i64| {
            app.clock.set(NOW + at * SECOND);
            assert_eq!(app.service().post("p1", &body).await.status, 201);
        };
        for at in [-30, -5, -1] {
            record(at).await;
        }
        app.clock.set(NOW);
        let page = browser.list(filters).await.text;
        assert_eq!(unread(&page).1, "3 unread messages");
        // Its time is earlier than that of a message on the page.
        record(-3).await;
        app.clock.set(NOW + 20 * SECOND);
        let until = value(&page, "name=\"until\" value=\"");
        let fields = [("until", until), ("list", filters), ("change", change)];
        let after = send(&browser, &page, &fields).await.text;
        assert!(
            after.contains(&format!("3 messages were marked as {change}.")),
            "{after}"
        );
        assert_eq!(unread(&after).1, "1 unread message");
        let undo = value(&after, "name=\"undo\" value=\"");
        send(&browser, &browser.list("").await.text, &[("undo", undo)]).await;
        assert_eq!(unread(&browser.list(filters).await.text).1, "4 unread messages");
    }
    let app = TestApp::start();
    app.import(&[about("r", -5)]).await;
    let page = browser(&app).list("").await.text;
    let csrf = csrf(&page);
    for bad in ["x", "AAAA", &"A".repeat(4291)] {
        let until = value(&page, "name=\"until\" value=\"");
        let fields = [("csrf", csrf.as_str()), ("until", until), ("recent", bad)];
        assert_eq!(browser(&app).send(READ, &fields).await.status, 400, "{bad}");
    }
}

#[tokio::test]
async fn one_form_marks_so_many_and_the_next_one_the_rest() {
    let app = TestApp::start();
    let browser = browser(&app);
    let rows: Vec<Message> = (0..10_003).map(|index| about("r", -60 - index)).collect();
    app.import(&rows).await;
    let page = browser.list("resource_uuid=r&repeats=each").await.text;
    let first = mark_all(&browser, &page).await.text;
    assert_eq!(unread(&first), (0, "Older messages may be unread"));
    let marked = app.database.count("read_marks");
    // Fewer if the database is slow: a form has a time limit too.
    assert!((1..=10_000).contains(&marked), "{marked}");
    assert!(
        first.contains(&format!("{marked} messages were marked as read.")),
        "{first}"
    );
    let remains = "More match: repeat this to change them, too.";
    assert!(first.contains(remains), "{first}");
    let second = mark_all(&browser, &first).await.text;
    let rest = app.database.count("read_marks") - marked;
    assert!(
        second.contains(&format!("{rest} messages were marked as read.")),
        "{second}"
    );
    assert!(marked + rest == 10_003 || rest > 0 && unread(&second).1 == "Older messages may be unread");
}
