//! `GET /v3/messages/-/summary`.

use std::time::Duration;

use serde_json::{Value, json};
use tidings::message::Kept;
use tidings::store::rollup;

use crate::support::{NOW, TestApp, message};

const PATH: &str = "/v3/messages/-/summary";

/// An app with three counted messages.
async fn counted() -> TestApp {
    let app = TestApp::start();
    app.import(&[message("p1", 0), message("p1", 1), message("p2", 2)])
        .await;
    app.clock.advance(Duration::from_secs(100));
    let kept = Kept {
        hours: i64::MAX / 4,
        days: i64::MAX / 4,
    };
    let count = app
        .store
        .write(move |tx| rollup::advance(tx, NOW + 9_000_000, kept));
    count.await.unwrap();
    app
}

#[tokio::test]
async fn an_operator_sees_what_was_recorded_in_every_form() {
    let app = counted().await;
    let admin = app.admin("p9");
    let get = async |query: &str| {
        let answer = admin.get(&format!("{PATH}?{query}")).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()["summary"].clone()
    };
    let levels = json!({ "ERROR": 3, "WARNING": 0, "INFO": 0 });
    let hours = get("").await;
    assert_eq!((&hours["by"], &hours["levels"]), (&json!("hour"), &levels));
    assert_eq!(
        hours["entries"],
        json!([{ "since": "2026-11-21T03:00:00.000000", "recorded": 3, "levels": levels }])
    );
    assert!(
        hours["counted_until"].as_str() > Some("2026-11-21T03:20:24.834285"),
        "{hours}"
    );
    let days = get("by=day").await;
    assert_eq!(days["entries"][0]["since"], "2026-11-21T00:00:00.000000");
    assert_eq!(
        get("by=level").await["entries"][0],
        json!({ "level": "ERROR", "recorded": 3 })
    );
    let projects = get("by=project&limit=1").await;
    assert_eq!(
        (&projects["total"], &projects["next"]),
        (&json!(2), &json!("2:p1"))
    );
    let next = get("by=project&limit=1&marker=2:p1").await;
    let keys = |page: &Value| page["entries"][0]["project_id"].clone();
    assert_eq!((keys(&projects), keys(&next)), (json!("p1"), json!("p2")));
    assert_eq!(next["next"], Value::Null);
    assert_eq!(get("by=code").await["entries"][0]["code"], "VOLUME_000002");
    assert_eq!(get("by=service&project_id=p2").await["entries"][0]["recorded"], 1);
    assert_eq!(get("level=info").await["recorded"], 0);
}

#[tokio::test]
async fn bad_questions_name_the_parameter_and_others_may_not_ask() {
    let app = TestApp::start();
    let admin = app.admin("p1");
    for query in [
        "by=week",
        "since=yesterday",
        "since=2026-11-21&until=2026-11-20",
        "since=2020-01-01",
        "by=hour&since=2026-11-01",
        "service=x",
        "level=x",
        "limit=0",
        "limit=x",
        "marker=1:x",
        "by=code&marker=x",
        "project_id=",
        "code=%00",
        "x=1",
        "by=code&by=code",
    ] {
        let answer = admin.get(&format!("{PATH}?{query}")).await;
        let text = answer.json()["badRequest"]["message"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        assert_eq!(answer.status, 400, "{query}: {}", answer.text);
        let named = query.split('&').any(|part| {
            let (name, _) = part.split_once('=').unwrap();
            text.starts_with(&format!("{name}: "))
        });
        assert!(named, "{query}: {text}");
    }
    assert_eq!(app.member("p1").get(PATH).await.status, 403);
}
