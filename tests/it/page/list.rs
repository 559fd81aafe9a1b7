//! The list: its contents, repeats and pages.

use super::{Browser, about, between, linked, rel, titles, value, with_rule};
use crate::support::{TestApp, message};
use tidings::message::Message;

const VOLUME: &str = "0b0c2ff5-6a3c-4d0e-9d0f-6c5b7a4e3d21";

#[tokio::test]
async fn a_message_is_shown_with_all_that_is_known_of_it() {
    let app = TestApp::with_options(&[(
        "OS_PAGE__RESOURCE_LINKS",
        "VOLUME:https://cloud.example.org/{project}/volumes/{id}/",
    )]);
    let message = Message {
        id: "0190f4cc-0000-7000-8000-000000000001".parse().unwrap(),
        request_id: "req-1".to_owned(),
        ..about(VOLUME, -300)
    };
    app.import(&[message]).await;
    let answer = Browser(app.anonymous()).list("").await;
    assert_eq!(answer.status, 200);
    insta::assert_snapshot!(between(&answer.text, "<li class=\"error unread\">", "</li>"), @r#"<li class="error unread"><input type="checkbox" name="id" value="0190f4cc-0000-7000-8000-000000000001" aria-labelledby="m1"><b class="level">Error</b><div><b class="new">Unread</b><h2 id="m1"><a href="messages/0190f4cc-0000-7000-8000-000000000001">No storage could be allocated for this volume request.</a></h2><p>volume <code>0b0c2ff5</code> <time datetime="2026-11-21T03:15:24Z">5 minutes ago</time></p></div><button name="done" value="0190f4cc-0000-7000-8000-000000000001" aria-labelledby="done m1">✓</button></li>"#);
}

#[tokio::test]
async fn an_empty_list_says_what_will_be_there() {
    let app = TestApp::start();
    let answer = Browser(app.anonymous()).list("").await;
    assert_eq!(answer.status, 200);
    insta::assert_snapshot!(between(&answer.text, "<div class=\"state\">", "</div>"), @r#"<div class="state"><h2>There are no messages</h2><p>When something that you asked for fails later on, the reason appears here. You can leave this page open.</p></div>"#);
    let filtered = Browser(app.anonymous()).list("text=quota").await;
    assert!(filtered.text.contains("No message matches"), "{}", filtered.text);
}

#[tokio::test]
async fn others_messages_are_not_shown_even_to_an_admin() {
    for rule in ["role:admin", "role:member"] {
        let (app, _file) = with_rule("context_is_admin", rule);
        app.import(&[message("p2", 0), message("p1", 0)]).await;
        assert_eq!(titles(&Browser(app.anonymous()).list("").await.text).len(), 1);
    }
}

#[tokio::test]
async fn repeats_within_a_day_stand_together() {
    let app = TestApp::start();
    let day = 86_400;
    let mut messages: Vec<Message> = [0, -60, -day + 60, -day - 60]
        .map(|at| about(VOLUME, at))
        .to_vec();
    // With different resources, or none, they do not count as repeats.
    messages.extend([about("other", -30), message("p1", -40), message("p1", -50)]);
    app.import(&messages).await;
    let browser = Browser(app.anonymous());
    let html = browser.list("").await.text;
    assert_eq!(titles(&html).len(), 5);
    assert!(html.contains("<b>3 times</b>"), "{html}");
    let selection = format!("value=\"{}_{}\"", messages[0].id, messages[2].id);
    assert!(html.contains(&selection), "{html}");
    // Separately, with the link beside them.
    let link = |html: &str| value(html, "class=\"times\" href=\"/v3/p1/messages?").replace("&#38;", "&");
    let each = browser.list(&link(&html)).await.text;
    let want: Vec<String> = messages[..3]
        .iter()
        .map(|message| message.id.to_string())
        .collect();
    assert_eq!(linked(&each), want);
    // Messages excluded from the list stay excluded.
    let few = browser.list("text=allocated&since=2026-11-20T12%3A00").await.text;
    let each = link(&few);
    assert!(each.contains("text=allocated"), "{each}");
    assert_eq!(linked(&browser.list(&each).await.text).len(), 2);
}

#[tokio::test]
async fn pages_go_forth_and_back_without_losing_a_message() {
    let app = TestApp::with_options(&[("OS_PAGE__PAGE_SIZE", "3")]);
    let messages: Vec<Message> = (0..8).map(|index| about(&format!("r{index}"), -index)).collect();
    app.import(&messages).await;
    let browser = Browser(app.anonymous());
    for sort in [
        "",
        "sort=created_at%3Aasc",
        "sort=resource_uuid%3Aasc",
        "sort=message_level%3Aasc",
    ] {
        let mut pages = vec![browser.list(sort).await.text];
        while let Some(next) = rel(pages.last().unwrap(), "next") {
            pages.push(browser.get(&next).await.text);
        }
        let forth: Vec<String> = pages.iter().flat_map(|page| linked(page)).collect();
        assert_eq!(pages.len(), 3, "{sort}");
        let mut all = forth.clone();
        all.sort_unstable();
        all.dedup();
        assert_eq!((all.len(), forth.len()), (8, 8), "{sort}");
        let mut page = pages.pop().unwrap();
        while let Some(previous) = rel(&page, "prev") {
            page = browser.get(&previous).await.text;
            assert_eq!(linked(&page), linked(&pages.pop().unwrap()), "{sort}");
        }
        assert!(pages.is_empty(), "{sort}");
    }
}

#[tokio::test]
async fn repeats_that_run_on_over_many_rows_end_a_page_at_last() {
    let app = TestApp::with_options(&[("OS_PAGE__PAGE_SIZE", "2")]);
    let messages: Vec<Message> = (0..1003).map(|index| about(VOLUME, -index)).collect();
    app.import(&messages).await;
    let browser = Browser(app.anonymous());
    let first = browser.list("").await.text;
    assert!(first.contains("<b>1000 times</b>"), "{first}");
    let second = browser.get(&rel(&first, "next").unwrap()).await.text;
    assert!(second.contains("<b>3 times</b>"), "{second}");
    assert_eq!(rel(&second, "next"), None);
}

#[tokio::test]
async fn a_page_by_time_goes_on_although_the_last_message_of_the_one_before_was_deleted() {
    let app = TestApp::with_options(&[("OS_PAGE__PAGE_SIZE", "3")]);
    let messages: Vec<Message> = (0..8).map(|index| about(&format!("r{index}"), -index)).collect();
    app.import(&messages).await;
    let browser = Browser(app.anonymous());
    let first = browser.list("").await.text;
    let next = rel(&first, "next").unwrap();
    let second = browser.get(&next).await.text;
    app.database.execute(&format!(
        "DELETE FROM messages WHERE created_at IN ({}, {})",
        messages[2].created_at, messages[3].created_at
    ));
    let again = browser.get(&next).await;
    assert_eq!(again.status, 200);
    let ids = |range: std::ops::Range<usize>| -> Vec<String> {
        messages[range]
            .iter()
            .map(|message| message.id.to_string())
            .collect()
    };
    assert_eq!(linked(&again.text), ids(4..7));
    let before = browser.get(&rel(&second, "prev").unwrap()).await;
    assert_eq!((before.status, linked(&before.text)), (200, ids(0..2)));
}

#[tokio::test]
async fn a_page_whose_beginning_was_deleted_says_so() {
    let app = TestApp::start();
    app.import(&[message("p1", 0)]).await;
    let browser = Browser(app.anonymous());
    for query in [
        "marker=0190f4cc-0000-7000-8000-000000000000",
        "marker=rubbish",
        "marker=rubbish_0190f4cc-0000-7000-8000-000000000000",
        // In another order, the time does not tell the position.
        "sort=message_level%3Aasc&marker=1_0190f4cc-0000-7000-8000-000000000000",
        "back=rubbish",
    ] {
        let answer = browser.list(query).await;
        assert_eq!(answer.status, 404, "{query}");
        assert!(
            answer.text.contains("This page no longer exists"),
            "{}",
            answer.text
        );
    }
}

#[tokio::test]
async fn fifty_messages_are_sixty_kilobytes_with_everything() {
    let app = TestApp::with_options(&[(
        "OS_PAGE__RESOURCE_LINKS",
        "VOLUME:https://cloud.example.org/project/volumes/{id}/",
    )]);
    let messages: Vec<Message> = (0..60)
        .map(|index| {
            about(
                &uuid::Uuid::from_u128(index).to_string(),
                -i64::try_from(index).unwrap(),
            )
        })
        .collect();
    app.import(&messages).await;
    let browser = Browser(app.anonymous());
    for language in ["en", "zh_CN"] {
        let page = browser.list(&format!("language={language}")).await.text;
        assert_eq!(titles(&page).len(), 50);
        let mut size = page.len();
        for (from, to) in [
            ("/v3/-/messages/-/static/", "css"),
            ("/v3/-/messages/-/static/", "js"),
        ] {
            let path = page
                .split('"')
                .find(|part| part.starts_with(from) && part.ends_with(to));
            size += browser.get(path.unwrap()).await.text.len();
        }
        assert!(size < 60_000, "{size} bytes in {language}");
    }
}

#[tokio::test]
async fn programs_get_what_they_got_before() {
    let app = TestApp::start();
    app.import(&[message("p1", 0)]).await;
    let actor = app.member("p1");
    assert_eq!(actor.list("").await.ids().len(), 1);
    let request = actor.request(reqwest::Method::GET, "/v3/p1/messages");
    let answer = actor
        .send(request.header("Accept", "application/json, text/html"))
        .await;
    assert_eq!(answer.ids().len(), 1);
    // Java's client accepts HTML by default; a request with a token, or with .json in the path, is not a browser's.
    let anonymous = app.anonymous();
    for (actor, path) in [(&actor, "/v3/p1/messages"), (&anonymous, "/v3/p1/messages.json")] {
        let request = actor.request(reqwest::Method::GET, path);
        let java = "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2";
        let answer = actor.send(request.header("Accept", java)).await;
        assert_eq!(answer.ids().len(), 1, "{path}");
        let missing = format!("/v3/p1/messages/{}", uuid::Uuid::nil());
        let request = app.member("p1").request(reqwest::Method::GET, &missing);
        let answer = actor.send(request.header("Accept", java)).await;
        assert!(answer.fault().starts_with("404 itemNotFound"), "{}", answer.text);
    }
}

#[tokio::test]
async fn a_page_needs_no_microversion() {
    let app = TestApp::with(|config| config.api.strict_microversions = true);
    app.import(&[message("p1", 0)]).await;
    assert_eq!(app.member("p1").list("").await.status, 404);
    assert_eq!(titles(&Browser(app.anonymous()).list("").await.text).len(), 1);
}
