//! The events, in Masakari's form.

use serde_json::{Value, json};
use tidings::config::Config;
use tidings::event::{Envelope, Priority, Reporter};
use tidings::failure::{NotificationType, Status};
use tidings::recovery::{self, Change, attend_all};
use tidings::store::event::{EventFilter, list};
use tidings::store::failure;

use super::desk::{Desk, LEASE, RETRY_AFTER, host_down};

/// A desk whose events are kept.
async fn desk() -> Desk {
    let keep = ("OS_EVENTS__KEEP".to_owned(), "7".to_owned());
    let config = Config::load(None, std::iter::once(keep)).unwrap();
    Desk::with(Reporter::new(&config)).await
}

/// The events so far, the oldest first.
async fn events(desk: &Desk) -> Vec<Envelope> {
    let filter = EventFilter {
        event_type: None,
        priority: None,
        project_id: None,
        since: None,
        until: None,
        marker: None,
    };
    let read = desk.store.read(move |read| list(read, &filter, 1000, usize::MAX));
    let mut events = read.await.unwrap().events;
    events.reverse();
    events
}

fn types(events: &[Envelope]) -> Vec<&str> {
    events.iter().map(|event| event.event_type.as_str()).collect()
}

fn data(event: &Envelope) -> Value {
    let payload: Value = serde_json::from_str(&event.payload).unwrap();
    assert_eq!(payload["masakari_object.namespace"], "masakari");
    payload["masakari_object.data"].clone()
}

#[tokio::test]
async fn every_transition_is_an_event() {
    let mut desk = desk().await;
    desk.host("h1").await;
    let id = desk.vm("h1").await;
    let lease = desk.claim().await.unwrap().notification.term;
    desk.now += LEASE;
    desk.attend().await;
    let second = desk.claim().await.unwrap().notification.term;
    desk.finish(id, second, Status::Error).await.unwrap();
    desk.now += RETRY_AFTER;
    let third = desk.claim().await.unwrap().notification.term;
    desk.finish(id, third, Status::Finished).await.unwrap();
    assert!(lease < second && second < third);
    let (start, end, error) = (
        "notification.process.start",
        "notification.process.end",
        "notification.process.error",
    );
    let found = events(&desk).await;
    assert_eq!(types(&found), [start, error, start, error, start, end]);
    assert_eq!(desk.updates(id).await.len(), found.len());
    assert_eq!(found[0].priority, Priority::Info);
    assert_eq!(found[1].priority, Priority::Error);
    let statuses: Vec<Value> = found.iter().map(|event| data(event)["status"].clone()).collect();
    assert_eq!(
        statuses,
        ["new", "running", "error", "running", "error", "running"]
    );
    let failed = data(&found[3]);
    assert_eq!(failed["notification_uuid"], id.to_string());
    assert_eq!(failed["fault"]["masakari_object.name"], "ExceptionPayload");
    assert_eq!(
        failed["fault"]["masakari_object.data"]["exception_message"],
        "it ended"
    );
    assert_eq!(data(&found[5])["fault"], Value::Null);
}

#[tokio::test]
async fn what_ends_without_an_engine_begins_and_ends() {
    let desk = desk().await;
    desk.host("h1").await;
    let payload = json!({ "event": "STARTED", "process_name": "nova-compute" });
    desk.report("h1", NotificationType::Process, &payload).await;
    desk.attend().await;
    let found = events(&desk).await;
    assert_eq!(
        types(&found),
        ["notification.process.start", "notification.process.end"]
    );
}

#[tokio::test]
async fn a_host_under_maintenance_is_an_event() {
    let desk = desk().await;
    let host = desk.host("h1").await;
    desk.report("h1", NotificationType::ComputeHost, &host_down())
        .await;
    desk.attend().await;
    let found = events(&desk).await;
    assert_eq!(types(&found), ["host.update.start", "host.update.end"]);
    let data = data(&found[1]);
    assert_eq!(data["uuid"], host.to_string());
    assert_eq!(data["on_maintenance"], true);
    assert_eq!(data["failover_segment"]["masakari_object.data"]["name"], "rack1");
}

#[tokio::test]
async fn accepted_reports_and_changed_segments_are_events() {
    let desk = desk().await;
    desk.host("h1").await;
    let (id, segment) = (desk.vm("h1").await, desk.segment);
    let report = desk.write(move |tx, terms, now| {
        let notification = failure::notification(tx.conn(), id)?;
        recovery::created(tx, &terms.reporter, &notification, now)?;
        let segment = failure::segment(tx.conn(), segment)?;
        recovery::segment_changed(tx, &terms.reporter, Change::Delete, &segment, now)
    });
    report.await.unwrap();
    let found = events(&desk).await;
    let wanted = [
        "notification.create.start",
        "notification.create.end",
        "segment.delete.start",
        "segment.delete.end",
    ];
    assert_eq!(types(&found), wanted);
    assert_eq!(data(&found[1])["generated_time"], "2026-11-21T03:20:24Z");
    assert_eq!(data(&found[3])["enabled"], true);
}

/// The catalog describes the payloads, so a report of the same form is accepted.
#[tokio::test]
async fn the_payloads_have_the_form_that_the_catalog_describes() {
    let desk = desk().await;
    desk.host("h1").await;
    desk.vm("h1").await;
    desk.claim().await.unwrap();
    for event in events(&desk).await {
        let report = tidings::event::Report {
            event_type: event.event_type.clone(),
            priority: event.priority.name().to_owned(),
            payload: serde_json::from_str(&event.payload).unwrap(),
            publisher_id: None,
            request_id: None,
            call_report: None,
        };
        assert!(report.check().is_ok(), "{event:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_worked_on_is_an_event_too() {
    let desk = desk().await;
    desk.host("h1").await;
    desk.vm("h1").await;
    // The status of a row that is due is never a final one.
    desk.database
        .execute("UPDATE failure_notifications SET status = 'finished', payload = '{\"event\":\"odd\"}'");
    attend_all(&desk.store, &desk.terms, desk.now).await.unwrap();
    let found = events(&desk).await;
    assert_eq!(types(&found), ["notification.process.error"]);
    assert_eq!(data(&found[0])["status"], "finished");
}
