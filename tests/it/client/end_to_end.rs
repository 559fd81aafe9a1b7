//! The recorder against the real server.

use std::path::Path;
use std::time::Duration;

use tidings_client::catalog::volume::{action, detail, resource};
use tidings_client::catalog::{Code, Level};
use tidings_client::{Auth, Error, Record, Recorder, catalog};

use crate::support::{TestApp, document, until};

/// The documents' example, verbatim except for the server and the spool.
#[rustfmt::skip]
fn example(server: &str, spool: &Path) -> Result<Recorder, Error> {
    // The example starts here.
    let recorder = Recorder::builder(server, Auth::NoAuth { user: "cinder".into() })
        .spool(spool)
        .build()?;

    recorder.record(
        "6e4ba1b5f0ad4c5a8b0c1e9b3a6f7d21",
        Record::new(catalog::volume::UNABLE_TO_ALLOCATE)
            .resource_type("VOLUME")
            .resource("0b0c2ff5-6a3c-4d0e-9d0f-6c5b7a4e3d21")
            .request_id("req-2f7c1b9e-55a0-4e0b-9c55-0d6a4f5b8e11"),
    );
    // The example ends here.
    Ok(recorder)
}

#[tokio::test]
async fn the_message_of_the_documented_example_arrives() {
    let app = TestApp::start();
    let spool = tempfile::tempdir().unwrap();
    let recorder = example(&app.base, spool.path()).unwrap();
    let flushed =
        tokio::task::spawn_blocking(move || (recorder.flush(Duration::from_secs(20)), recorder.stats()));
    let (is_flushed, stats) = flushed.await.unwrap();
    assert!(is_flushed && stats.delivered == 1, "{stats:?}");
    let list = app
        .member("6e4ba1b5f0ad4c5a8b0c1e9b3a6f7d21")
        .list("")
        .await
        .json();
    assert_eq!(
        list["messages"][0]["resource_uuid"],
        "0b0c2ff5-6a3c-4d0e-9d0f-6c5b7a4e3d21"
    );
}

#[test]
fn the_documents_have_the_example_that_is_tried_here() {
    let (_, rest) = include_str!("end_to_end.rs")
        .split_once("    // The example starts here.\n")
        .unwrap();
    let lines = rest
        .split_once("    // The example ends here.")
        .unwrap()
        .0
        .lines()
        .map(|line| {
            let line = line.strip_prefix("    ").unwrap_or(line);
            line.replace("(server,", "(\"http://127.0.0.1:8790\",")
                .replace("(spool)", "(\"/var/spool/cinder/tidings\")")
        });
    let lines: Vec<String> = lines.collect();
    let shown = document("docs/api.md", "recorder");
    assert_eq!(shown.split_once("\n\n").unwrap().1, lines.join("\n"));
    assert!(include_str!("../../../clients/rust/README.md").contains(&lines.join("\n")));
}

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
        recorder.record("p1", Record::new(catalog::volume::UNABLE_TO_ALLOCATE));
    }
    recorder.record("p2", Record::new(catalog::volume::UNABLE_TO_ALLOCATE));
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

#[tokio::test]
async fn a_server_that_does_not_know_its_name_loses_no_message() {
    let app = TestApp::with_options(&[("OS_API__ALLOWED_HOSTS", "tidings.example")]);
    let auth = Auth::NoAuth {
        user: "cinder".to_owned(),
    };
    let recorder = Recorder::builder(&app.base, auth)
        .backoff(Duration::from_millis(20), Duration::from_millis(50))
        .shutdown_timeout(Duration::from_millis(100))
        .build()
        .unwrap();
    for _ in 0..3 {
        recorder.record("p1", Record::new(catalog::volume::UNABLE_TO_ALLOCATE));
    }
    let operator = app.anonymous();
    let tried = |figures: &str| {
        let refused = r#"route="/v3/{project_id}/messages",status="403"} "#;
        let count = figures
            .lines()
            .find_map(|line| Some(line.split_once(refused)?.1.to_owned()));
        count.is_some_and(|count| count.parse::<u64>().unwrap() >= 3)
    };
    until("three attempts", async || {
        let request = operator.request(reqwest::Method::GET, "/metrics");
        let figures = operator
            .send(request.header("Host", "tidings.example"))
            .await
            .text;
        tried(&figures)
    })
    .await;
    let stats = recorder.stats();
    assert_eq!(
        (stats.pending, stats.refused, stats.dropped),
        (3, 0, 0),
        "{stats:?}"
    );
    tokio::task::spawn_blocking(move || drop(recorder)).await.unwrap();
}

#[tokio::test]
async fn a_recorder_that_is_over_the_rate_waits_and_loses_nothing() {
    let app = TestApp::with_options(&[("OS_QUOTA__MESSAGES_PER_MINUTE", "60"), ("OS_QUOTA__BURST", "2")]);
    let auth = Auth::NoAuth {
        user: "cinder".to_owned(),
    };
    let recorder = Recorder::builder(&app.base, auth)
        .batch_size(2)
        .backoff(Duration::from_millis(20), Duration::from_millis(50))
        .build()
        .unwrap();
    for _ in 0..4 {
        recorder.record("p1", Record::new(catalog::volume::UNABLE_TO_ALLOCATE));
    }
    let figures = async || app.anonymous().get("/metrics").await.text;
    until("the refusal", async || {
        figures().await.contains(r#"messages",status="429"} 1"#)
    })
    .await;
    let stats = recorder.stats();
    assert_eq!(
        (stats.delivered, stats.pending, stats.refused, stats.dropped),
        (2, 2, 0, 0),
        "{stats:?}"
    );
    // The server asked for a retry in two seconds.
    app.clock.advance(Duration::from_secs(2));
    let flushed =
        tokio::task::spawn_blocking(move || (recorder.flush(Duration::from_secs(20)), recorder.stats()));
    let (is_flushed, stats) = flushed.await.unwrap();
    assert!(is_flushed && stats.delivered == 4, "{stats:?}");
    assert_eq!(app.member("p1").list("").await.ids().len(), 4);
    assert!(
        figures().await.contains(r#"messages",status="429"} 1"#),
        "asked too soon"
    );
}
