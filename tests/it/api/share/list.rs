//! Lists: only messages about shares, filters, order and pages.

use reqwest::Method;
use tidings::message::Message;
use tidings::store::Limits;

use super::{all, ask, get, share_message};
use crate::api::budget::full;
use crate::support::{TestApp, message};

/// Starts a server with three messages about shares, named by their requests, and others.
async fn three() -> TestApp {
    let app = TestApp::start();
    let one = Message {
        request_id: "one".to_owned(),
        ..share_message("p1", 0)
    };
    let two = Message {
        request_id: "two".to_owned(),
        event_id: "SHARE_SHARE_SNAPSHOT_006_035".to_owned(),
        action_id: Some("006".to_owned()),
        detail_id: Some("035".to_owned()),
        resource_type: Some("SHARE_SNAPSHOT".to_owned()),
        resource_uuid: Some("00000000-0000-4000-8000-000000000002".to_owned()),
        message_level: "WARNING".to_owned(),
        ..share_message("p1", 1)
    };
    let three = Message {
        request_id: "three".to_owned(),
        event_id: "SHARE_000001".to_owned(),
        action_id: None,
        detail_id: None,
        ..share_message("p1", 2)
    };
    // A prefix that begins like that of shares, and one that only a pattern would find.
    let similar = ["SHARED_000001", "SHAREX000001", "VOLUME_000002"].map(|code| Message {
        event_id: code.to_owned(),
        ..message("p1", 3)
    });
    app.import(&[one, two, three, share_message("p2", 1)]).await;
    app.import(&similar).await;
    app
}

#[tokio::test]
async fn each_filter_and_order_selects_what_it_says() {
    let app = three().await;
    let alice = app.member("p1");
    for (query, requests) in [
        ("", &["three", "two", "one"][..]),
        (
            "nosuch=1&all_tenants=1&project_id=p2&message_id=x",
            &["three", "two", "one"],
        ),
        ("action_id=001", &["one"]),
        ("detail_id=035", &["two"]),
        ("action_id=000", &["three"]),
        ("detail_id=000", &["three"]),
        ("action_id=001&detail_id=035", &[]),
        ("action_id=", &[]),
        ("message_level=ERROR", &["three", "two", "one"]),
        ("message_level=error&request_id=two", &["two"]),
        ("message_level=WARNING", &[]),
        ("request_id=two", &["two"]),
        (
            "resource_id=0b0c2ff5-6a3c-4d0e-9d0f-6c5b7a4e3d21",
            &["three", "one"],
        ),
        ("resource_type=share_snapshot", &["two"]),
        ("resource_type=SHARE", &["three", "one"]),
        (
            "resource_type=share&resource_type=share_snapshot",
            &["three", "one"],
        ),
        ("created_since=2026-11-21+03:20:25.834285", &["three", "two"]),
        ("created_before=2026-11-21T03:20:25.834285", &["two", "one"]),
        (
            "created_since=2026-11-21T03:20:25Z&created_before=2026-11-21T03:20:26",
            &["two"],
        ),
        ("sort_key=created_at&sort_dir=asc", &["one", "two", "three"]),
        ("sort_dir=anything", &["one", "two", "three"]),
        ("sort_key=detail_id", &["two", "one", "three"]),
        ("sort_key=resource_id&sort_dir=asc&limit=2", &["two", "one"]),
        ("sort_key=message_level&sort_dir=asc", &["one", "two", "three"]),
        ("limit=1", &["three"]),
        ("limit=1&offset=1", &["two"]),
        ("limit=0", &[]),
        ("limit=2147483647", &["three", "two", "one"]),
        ("request_id=%00", &[]),
        ("%ff=%ff", &["three", "two", "one"]),
    ] {
        let answer = get(&alice, &format!("/p1/messages?{query}")).await;
        assert_eq!(all(&answer, "request_id"), requests, "{query}");
    }
}

#[tokio::test]
async fn a_wrong_parameter_is_named() {
    let app = three().await;
    let alice = app.member("p1");
    let refused = async |query: &str| get(&alice, &format!("/messages?{query}")).await.fault();
    for name in ["limit", "offset"] {
        for value in ["", "-1", "+1", "x", "1.0", "2147483648", "%D9%A1"] {
            assert_eq!(
                refused(&format!("{name}={value}")).await,
                format!(
                    "400 badRequest: Invalid input received: {name} must be a number from 0 to 2147483647"
                )
            );
        }
    }
    for name in [
        "limit",
        "offset",
        "marker",
        "sort_key",
        "action_id",
        "message_level",
        "created_since",
    ] {
        assert_eq!(
            refused(&format!("{name}=1&{name}=1")).await,
            format!("400 badRequest: Invalid input received: {name} must be given once")
        );
    }
    for key in ["nosuch", "event_id", "resource_uuid", ""] {
        let text = format!("400 badRequest: Invalid input received: Invalid sort key {key}");
        assert_eq!(refused(&format!("sort_key={key}")).await, text);
    }
    for name in ["created_since", "created_before"] {
        let query = format!("{name}=invalid_time");
        assert_eq!(
            refused(&query).await,
            format!("400 badRequest: Invalid value specified for the query key: {name}")
        );
        // Older versions do not know these filters.
        let older = ask(&alice, Method::GET, "2.51", &format!("/messages?{query}")).await;
        assert_eq!(all(&older, "request_id").len(), 3);
    }
    let id = message("p1", 0).id;
    for marker in ["x".to_owned(), id.to_string()] {
        let text = format!("404 itemNotFound: Message {marker} could not be found.");
        assert_eq!(refused(&format!("marker={marker}")).await, text);
    }
}

#[tokio::test]
async fn pages_lead_to_the_next_one_without_a_gap() {
    let app = three().await;
    let alice = app.member("p1");
    for query in [
        "",
        "&offset=1",
        "&sort_key=resource_id&sort_dir=asc",
        "&sort_key=action_id",
    ] {
        let whole = all(&get(&alice, &format!("/p1/messages?x=1{query}")).await, "id");
        let mut seen = Vec::new();
        let mut path = format!("/share/v2/p1/messages?limit=1{query}");
        loop {
            let answer = alice.get(&path).await;
            seen.extend(all(&answer, "id"));
            let Some(next) = answer.next() else { break };
            assert!(next.starts_with("/share/v2/p1/messages?limit=1&"), "{next}");
            path = next;
        }
        assert_eq!(seen, whole, "{query}");
    }
}

#[tokio::test]
async fn a_search_for_shares_among_much_else_stays_within_its_budget() {
    let (app, _) = full(1000).await;
    let answer = get(&app.member("p1"), "/p1/messages").await;
    assert_eq!(answer.status, 503, "{}", answer.text);
    assert!(
        answer
            .fault()
            .starts_with("503 serviceUnavailable: The search was given up")
    );
    let (app, messages) = full(Limits::default().rows).await;
    app.import(&[share_message("p1", -10_000)]).await;
    let answer = get(&app.member("p1"), "/p1/messages").await;
    assert_eq!(all(&answer, "project_id").len(), 1, "of {}", messages.len());
}
