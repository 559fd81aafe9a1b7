//! The history of events that are kept.

use std::time::Duration;

use serde_json::{Value, json};

use super::events::{keeping, listed, post, sync};

#[tokio::test]
async fn the_history_is_filtered_and_paged() {
    let app = keeping();
    for (number, project) in ["p1", "p2", "p1", "p2", "p1"].into_iter().enumerate() {
        let mut report = sync(&format!("r{number}"));
        if number == 3 {
            report["priority"] = "ERROR".into();
        }
        post(&app.service(), project, None, &json!({ "event": report })).await;
        app.clock.advance(Duration::from_secs(1));
    }
    let repositories = async |query: &str| {
        let events = listed(&app, query).await;
        let names = events
            .iter()
            .map(|event| event["payload"]["repo_id"].as_str().unwrap().to_owned());
        names.collect::<Vec<_>>().join(" ")
    };
    for (query, want) in [
        ("", "r4 r3 r2 r1 r0"),
        ("project_id=p2", "r3 r1"),
        ("priority=ERROR", "r3"),
        ("event_type=repo.sync.finish", ""),
        ("since=2026-11-21T03:20:26&until=2026-11-21T03:20:28", "r3 r2"),
        ("limit=0", ""),
    ] {
        assert_eq!(repositories(query).await, want, "{query}");
    }
    let admin = app.admin("ops");
    let (mut path, mut seen) = (
        Some("/v3/ops/events?limit=2&project_id=p1".to_owned()),
        Vec::new(),
    );
    while let Some(next) = path {
        let page = admin.get(&next).await.json();
        let events = page["events"].as_array().unwrap().clone();
        assert!(events.len() <= 2);
        seen.extend(
            events
                .iter()
                .map(|event| event["payload"]["repo_id"].as_str().unwrap().to_owned()),
        );
        path = page["events_links"][0]["href"]
            .as_str()
            .map(|href| href.replace(&app.base, ""));
    }
    assert_eq!(seen, ["r4", "r2", "r0"]);
    for (query, want) in [
        ("limit=x", "400 badRequest: limit: must be a whole number"),
        (
            "priority=FATAL",
            "400 badRequest: priority: must be INFO, WARN or ERROR",
        ),
        (
            "marker=x",
            "400 badRequest: marker: must be the message_id of an event",
        ),
        (
            "since=yesterday",
            "400 badRequest: since: must be a time such as 2026-11-21T03:20:24, or a date",
        ),
        ("limit=1&limit=2", "400 badRequest: limit: must be given once"),
        (
            "marker=00000000-0000-4000-8000-000000000000",
            "404 itemNotFound: Event 00000000-0000-4000-8000-000000000000 could not be found.",
        ),
    ] {
        let answer = admin.get(&format!("/v3/ops/events?{query}")).await;
        assert_eq!(answer.fault(), want);
    }
    assert!(
        admin
            .get("/v3/ops/events?x=1")
            .await
            .fault()
            .contains("x: is not a filter")
    );
}

/// However long its events are, a page ends and links to the next.
#[tokio::test]
async fn a_page_of_long_events_is_cut() {
    let app = keeping();
    let report = |number: usize| json!({ "event_type": "image.upload", "priority": "ERROR", "payload": format!("{number} {}", "x".repeat(109_000)) });
    for first in (0..150).step_by(5) {
        let batch: Vec<Value> = (first..first + 5).map(report).collect();
        let answer = post(&app.service(), "p1", None, &json!({ "events": batch })).await;
        assert_eq!(answer.status, 202, "{}", answer.text);
        app.clock.advance(Duration::from_secs(1));
    }
    let (mut path, mut sizes) = (Some("/v3/ops/events?priority=ERROR".to_owned()), Vec::new());
    while let Some(next) = path {
        let page = app.admin("ops").get(&next).await.json();
        sizes.push(page["events"].as_array().unwrap().len());
        path = page["events_links"][0]["href"]
            .as_str()
            .map(|href| href.replace(&app.base, ""));
    }
    assert_eq!(sizes, [100, 50]);
}
