//! The filters in the address.

use super::{Browser, about, linked};
use crate::support::{NOW, TestApp};
use tidings::message::{Message, time};

fn composed(resource: &str, action: &str, detail: &str, seconds: i64) -> Message {
    Message {
        event_id: format!("VOLUME_VOLUME_SNAPSHOT_{action}_{detail}"),
        action_id: Some(action.to_owned()),
        detail_id: Some(detail.to_owned()),
        resource_type: Some("VOLUME_SNAPSHOT".to_owned()),
        ..about(resource, seconds)
    }
}

/// 0: an old volume message; 1: snapshot, quota; 2: a warning; 3: another service's, with the same digits as 1.
fn messages() -> Vec<Message> {
    vec![
        Message {
            request_id: "req-old".to_owned(),
            ..about("vol-1", -90_000)
        },
        composed("snap-1", "009", "006", -60),
        Message {
            message_level: "WARNING".to_owned(),
            ..about("vol-2", -30)
        },
        Message {
            event_id: "SHARE_SHARE_009_006".to_owned(),
            action_id: Some("009".to_owned()),
            detail_id: Some("006".to_owned()),
            resource_type: Some("SHARE".to_owned()),
            ..about("share-1", -20)
        },
    ]
}

#[tokio::test]
async fn each_filter_shows_what_it_says() {
    let app = TestApp::start();
    let messages = messages();
    app.import(&messages).await;
    let browser = Browser(app.anonymous());
    let minute = time::format(NOW - 45_000_000).replace(':', "%3A");
    let day = &time::format(NOW - 86_400_000_000)[..10];
    let id = messages[2].id.to_string();
    for (query, want) in [
        (String::new(), vec![3, 2, 1, 0]),
        ("message_level=warning".to_owned(), vec![2]),
        ("message_level=OTHER".to_owned(), vec![]),
        ("resource_type=volume_snapshot".to_owned(), vec![1]),
        ("resource_uuid=vol-1".to_owned(), vec![0]),
        ("event_id=VOLUME_000002".to_owned(), vec![2, 0]),
        ("request_id=req-old".to_owned(), vec![0]),
        (format!("since={minute}"), vec![3, 2]),
        (format!("before={minute}"), vec![1, 0]),
        (format!("since={day}T00%3A00&before={day}T23%3A59"), vec![0]),
        ("sort=created_at%3Aasc".to_owned(), vec![0, 1, 2, 3]),
        ("sort=message_level%3Aasc".to_owned(), vec![3, 1, 0, 2]),
        ("sort=resource_uuid%3Aasc".to_owned(), vec![3, 1, 0, 2]),
        ("sort=event_id%3Aasc".to_owned(), vec![3, 2, 0, 1]),
        ("sort=rubbish".to_owned(), vec![3, 2, 1, 0]),
        // Words of the catalog, each of which must match.
        ("text=allocated".to_owned(), vec![2, 0]),
        ("text=QUOTA".to_owned(), vec![1]),
        ("text=snapshot+quota".to_owned(), vec![1]),
        ("text=snapshot+allocated".to_owned(), vec![]),
        // Parts of ids.
        ("text=vol-".to_owned(), vec![2, 0]),
        ("text=req-old".to_owned(), vec![0]),
        ("text=share_share".to_owned(), vec![3]),
        ("text=REQ-Old".to_owned(), vec![0]),
        ("text=VOL-2".to_owned(), vec![2]),
        // Not a wildcard.
        ("text=vol_".to_owned(), vec![]),
        ("text=vol_1".to_owned(), vec![]),
        ("text=req!old".to_owned(), vec![]),
        (format!("text={id}"), vec![2]),
        (format!("text={}", &id[..13]), vec![]),
        ("text=%25".to_owned(), vec![]),
        ("text=nothing-has-this".to_owned(), vec![]),
        (
            "text=allocated&message_level=WARNING&since=2020-01-01".to_owned(),
            vec![2],
        ),
    ] {
        let shown = linked(&browser.list(&query).await.text);
        let found: Vec<usize> = shown
            .iter()
            .map(|id| {
                messages
                    .iter()
                    .position(|message| message.id.to_string() == *id)
                    .unwrap()
            })
            .collect();
        if query.starts_with("text=01") && want.is_empty() {
            // The start of an id matches others made at the same time.
            assert!(found.contains(&2), "{query}: {found:?}");
        } else {
            assert_eq!(found, want, "{query}");
        }
    }
}

#[tokio::test]
async fn text_is_looked_for_in_the_readers_language() {
    let app = TestApp::start();
    app.import(&messages()).await;
    let browser = Browser(app.anonymous());
    for (query, count) in [
        ("text=%E5%88%9B%E5%BB%BA%E5%BF%AB%E7%85%A7&language=zh_CN", 1),
        ("text=%E5%88%9B%E5%BB%BA%E5%BF%AB%E7%85%A7", 0),
        ("text=allocated&language=zh_CN", 0),
    ] {
        assert_eq!(linked(&browser.list(query).await.text).len(), count, "{query}");
    }
}

#[tokio::test]
async fn a_time_that_cannot_be_read_is_marked_where_it_stands() {
    let app = TestApp::start();
    app.import(&messages()).await;
    let answer = Browser(app.anonymous()).list("since=yesterday&text=quota").await;
    assert_eq!(answer.status, 400);
    assert!(
        answer
            .text
            .contains("type=\"text\" name=\"since\" value=\"yesterday\" aria-invalid=\"true\" aria-describedby=\"bad-since\"")
    );
    assert!(answer.text.contains("value=\"quota\""));
    // There is nothing that could be new.
    assert!(!answer.text.contains("id=\"news\""));
    let news = Browser(app.anonymous())
        .get("/v3/p1/messages/-/news?from=0&known=0&since=yesterday")
        .await;
    assert_eq!(news.json()["count"], 0);
    assert_eq!(linked(&answer.text), Vec::<String>::new());
}

#[tokio::test]
async fn a_time_of_the_address_is_shown_as_the_field_takes_it() {
    let app = TestApp::start();
    app.import(&messages()).await;
    let query = "since=2020-01-02&before=2100-01-01T01%3A02%3A03%2B01%3A00";
    let html = Browser(app.anonymous()).list(query).await.text;
    for part in [
        "type=\"datetime-local\" name=\"since\" value=\"2020-01-02T00:00\"",
        "name=\"before\" value=\"2100-01-01T00:02:03\"",
        "since=2020-01-02T00%3A00&#38;before=2100-01-01T00%3A02%3A03",
    ] {
        assert!(html.contains(part), "{part}: {html}");
    }
}

#[tokio::test]
async fn the_form_holds_what_was_asked_for() {
    let app = TestApp::start();
    let html = Browser(app.anonymous())
        .list(
            "text=a&message_level=odd&resource_type=VOLUME&resource_uuid=b&sort=event_id%3Aasc&repeats=each",
        )
        .await
        .text;
    for part in [
        "name=\"text\" value=\"a\"",
        "name=\"message_level\" value=\"ODD\"",
        "aria-current=\"true\">ODD</a>",
        "<option value=\"VOLUME\" selected>",
        "name=\"resource_uuid\" value=\"b\"",
        "<option value=\"event_id:asc\" selected>",
        "value=\"each\" checked",
        "Show repeats separately <span",
        "aria-current=\"true\">Resource ID b <span",
    ] {
        assert!(html.contains(part), "{part}");
    }
}

#[tokio::test]
async fn a_text_of_which_only_a_part_is_looked_for_is_said_to_be() {
    let app = TestApp::start();
    let browser = Browser(app.anonymous());
    let note = "Only the first eight words of the text";
    for (text, is_cut) in [
        ("a+b+c+d+e+f+g+h", false),
        ("a+b+c+d+e+f+g+h+i", true),
        (&"x".repeat(255), false),
        (&"x".repeat(256), true),
    ] {
        let html = browser.list(&format!("text={text}")).await.text;
        assert_eq!(html.contains(note), is_cut, "{text}");
    }
}

#[tokio::test]
async fn a_filter_that_is_longer_than_any_value_is_said_to_be_cut() {
    let app = TestApp::start();
    let browser = Browser(app.anonymous());
    for key in [
        "resource_uuid",
        "request_id",
        "event_id",
        "message_level",
        "resource_type",
        "unknown",
    ] {
        for length in [255, 256] {
            let html = browser.list(&format!("{key}={}", "x".repeat(length))).await.text;
            let is_said = html.contains("Only the first 255 characters of a filter were searched for.");
            assert_eq!(is_said, length > 255 && key != "unknown", "{key} of {length}");
        }
    }
}

#[tokio::test]
async fn times_have_the_names_of_the_api_too() {
    let app = TestApp::start();
    let rows: Vec<_> = (0..3)
        .map(|second| crate::support::message("p1", second))
        .collect();
    app.import(&rows).await;
    let browser = Browser(app.anonymous());
    let html = browser
        .list("created_since=2026-11-21T03:20:25&created_before=2026-11-21T03:20:26")
        .await
        .text;
    for (index, row) in rows.iter().enumerate() {
        assert_eq!(html.contains(&row.id.to_string()), index == 1, "{index}");
    }
}
