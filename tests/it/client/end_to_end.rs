//! The recorder against the real server.

use std::time::Duration;

use tidings::catalog::volume::{UNABLE_TO_ALLOCATE, action, detail, resource};
use tidings::catalog::{Code, Level};
use tidings::client::{Auth, Record, Recorder};

use crate::support::TestApp;

#[tokio::test]
async fn what_a_service_records_is_what_the_tenant_reads() {
    let app = TestApp::start();
    let recorder = Recorder::builder(
        &app.base,
        Auth::NoAuth {
            user: "cinder".to_owned(),
        },
    )
    .build()
    .unwrap();
    let snapshot = "5e6a3d6e-5a0e-4b0e-8a52-0d2a51b4c1a7";
    let composed = Code::compose(
        resource::VOLUME_SNAPSHOT,
        action::SNAPSHOT_CREATE,
        detail::QUOTA_EXCEED,
    )
    .unwrap();
    recorder.record(
        "p1",
        Record::new(composed).resource(snapshot).level(Level::Warning),
    );
    for _ in 0..1500 {
        recorder.record("p1", Record::new(UNABLE_TO_ALLOCATE));
    }
    recorder.record("p2", Record::new(UNABLE_TO_ALLOCATE));
    let flushed =
        tokio::task::spawn_blocking(move || (recorder.flush(Duration::from_secs(20)), recorder.stats()));
    let (is_flushed, stats) = flushed.await.unwrap();
    assert!(is_flushed, "{stats:?}");
    assert_eq!((stats.delivered, stats.refused, stats.dropped), (1502, 0, 0));
    let alice = app.member("p1");
    let found = alice.list(&format!("resource_uuid={snapshot}")).await.json()["messages"][0].clone();
    assert_eq!(found["event_id"], "VOLUME_VOLUME_SNAPSHOT_009_006");
    assert_eq!(
        (found["resource_type"].as_str(), found["message_level"].as_str()),
        (Some("VOLUME_SNAPSHOT"), Some("WARNING"))
    );
    let first = alice.list("").await;
    assert_eq!(
        first.ids().len() + alice.get(&first.next().unwrap()).await.ids().len(),
        1501
    );
    assert_eq!(app.member("p2").list("").await.ids().len(), 1);
}
