//! `user_message.create`: services that record messages with the notifier they already have.

use serde_json::{Value, json};
use tidings::ingest::replay::Replay;

use super::{ID, PROJECT, REQUEST, dry, notification, with_context};
use crate::support::NOW;

const TRUSTED: &[(&str, &str)] = &[("TRUSTED_EXCHANGES", "cinder, trove")];

fn order(payload: &Value) -> tidings::bus::Notification {
    notification("user_message.create", "INFO", payload)
}

async fn refusal(payload: &Value) -> String {
    let taken = dry(TRUSTED).take(&[order(payload)], "cinder", NOW).await.unwrap();
    assert!(taken.processed.is_empty());
    taken.refused[0].1.clone()
}

#[tokio::test]
async fn the_body_of_a_post_is_recorded() {
    let payload = json!({"project_id": PROJECT, "messages": [
        {"event_id": "VOLUME_000002", "resource_type": "VOLUME", "resource_uuid": ID},
        {"action": "ATTACH_VOLUME", "exception": "DriverNotInitialized", "resource_type": "VOLUME"},
    ]});
    let mut replay = dry(TRUSTED);
    let taken = replay.take(&[order(&payload)], "trove", NOW).await.unwrap();
    let ids: Vec<&str> = taken.processed[0]
        .messages
        .iter()
        .map(|message| message.event_id.as_str())
        .collect();
    assert_eq!(ids, ["VOLUME_000002", "VOLUME_VOLUME_002_002"]);
    assert!(
        taken.processed[0]
            .messages
            .iter()
            .all(|message| message.project_id == PROJECT)
    );
    assert_eq!(replay.tally().recorded, 2);
}

#[tokio::test]
async fn without_a_project_that_of_the_context_counts() {
    let taken = dry(TRUSTED)
        .take(
            &[order(&json!({"message": {"event_id": "VOLUME_000002"}}))],
            "cinder",
            NOW,
        )
        .await;
    assert_eq!(
        taken.unwrap().processed[0].messages[0].project_id,
        "of-the-context"
    );
}

#[tokio::test]
async fn a_message_without_a_request_takes_that_of_the_context() {
    let own = "req-00000000-0000-4000-8000-000000000001";
    let payload = json!({"messages": [{"event_id": "VOLUME_000002"}, {"event_id": "VOLUME_000002", "request_id": own}]});
    let requests = async |context: Value| {
        let order = with_context("user_message.create", "INFO", &payload, &context);
        let mut taken = dry(TRUSTED).take(&[order], "cinder", NOW).await.unwrap();
        let messages = taken.processed.remove(0).messages;
        messages
            .into_iter()
            .map(|message| (format!("req-{}", message.id), message.request_id))
            .collect::<Vec<_>>()
    };
    let found = requests(json!({"project_id": PROJECT, "request_id": REQUEST})).await;
    assert_eq!((&*found[0].1, &*found[1].1), (REQUEST, own));
    // A text that is not an id could contain anything.
    let found = requests(json!({"project_id": PROJECT, "request_id": "req-<script>"})).await;
    assert_eq!(found[0].0, found[0].1);
}

#[tokio::test]
async fn an_order_that_comes_twice_is_carried_out_once() {
    let mut replay: Replay = dry(TRUSTED);
    let order = order(&json!({"message": {"event_id": "VOLUME_000002"}}));
    replay.take(&[order.clone(), order], "cinder", NOW).await.unwrap();
    assert_eq!((replay.tally().recorded, replay.tally().repeated), (1, 1));
}

#[tokio::test]
async fn only_trusted_exchanges_may_order() {
    let order = order(&json!({"message": {"event_id": "VOLUME_000002"}}));
    for (options, exchange) in [(TRUSTED, "nova"), (TRUSTED, ""), (&[], "cinder")] {
        let taken = dry(options)
            .take(std::slice::from_ref(&order), exchange, NOW)
            .await
            .unwrap();
        assert!(
            taken.processed.is_empty() && taken.refused.len() == 1,
            "{exchange}"
        );
    }
}

#[tokio::test]
async fn a_wrong_order_is_refused_with_a_reason() {
    assert!(refusal(&json!("text")).await.contains("an object"));
    assert!(
        refusal(&json!({"project_id": "p1"}))
            .await
            .contains("message: is required")
    );
    assert!(
        refusal(&json!({"project_id": "p 1", "message": {}}))
            .await
            .contains("project_id")
    );
    assert!(
        refusal(&json!({"project_id": "p1", "messages": []}))
            .await
            .contains("must have 1 to 1000 entries")
    );
    assert!(
        refusal(&json!({"project_id": "p1", "message": {"event_id": "VOLUME_1"}}))
            .await
            .contains("event_id")
    );
    let text = json!({"project_id": "p1", "message": {"event_id": "VOLUME_000002", "text": "hunter2"}});
    assert!(refusal(&text).await.contains("unknown field"));
    let nobody = with_context(
        "user_message.create",
        "INFO",
        &json!({"message": {"event_id": "VOLUME_000002"}}),
        &json!({}),
    );
    let taken = dry(TRUSTED).take(&[nobody], "cinder", NOW).await.unwrap();
    assert!(taken.refused[0].1.contains("project_id"));
}

#[tokio::test]
async fn sixty_thousand_names_in_an_order_are_refused_at_the_33rd() {
    let names: serde_json::Map<String, Value> =
        (0..60_000).map(|index| (format!("n{index}"), json!(1))).collect();
    let began = std::time::Instant::now();
    let payload =
        json!({"project_id": PROJECT, "message": {"event_id": "VOLUME_000002", "parameters": names}});
    assert_eq!(
        refusal(&payload).await,
        "message.parameters: has more than 32 names"
    );
    assert!(began.elapsed().as_secs() < 10, "{:?}", began.elapsed());
}

/// A refusal becomes a log line.
#[tokio::test]
async fn a_refusal_names_a_handful_of_faults_and_no_long_text() {
    let names: serde_json::Map<String, Value> = (0..32)
        .map(|index| (format!("{index}{}", "n".repeat(10_000)), json!(1)))
        .collect();
    let payload =
        json!({"project_id": PROJECT, "message": {"event_id": "VOLUME_000002", "parameters": names}});
    let reason = refusal(&payload).await;
    assert!(reason.len() < 1024, "{} bytes", reason.len());
    assert!(reason.ends_with("; and 27 more"), "{reason}");
    let unknown = json!({"project_id": PROJECT, "message": {"x".repeat(100_000): 1}});
    assert!(refusal(&unknown).await.len() < 1024);
}
