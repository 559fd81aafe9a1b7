//! Purge.

use std::time::Duration;

use tidings::config;
use tidings::event::{Outgoing, Reporter, Sinks};
use tidings::message::Kept;
use tidings::message::{Change, Message};
use tidings::retention::{Error, Options, Purge, Schedule};
use tidings::store::delivery::{self, KeptSince, State, Terms, Then};
use tidings::store::read_state::{self, ProjectUser, Seen, Undo};
use tidings::store::{Batch, browser_session, confirmation, lease, listener, message::count};
use tidings::telemetry::Metrics;
use tidings::worker::{Next, Worker};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::delivery::event;
use crate::support::listeners::{MOST, attempt, deliveries_of, insert_listener, report_to_listeners};
use crate::support::{Database, Fresh, NOW, RecordBatch, TestApp, message, reporter};

/// When deliveries of listeners are too old.
const LISTENERS: KeptSince = KeptSince {
    delivered: NOW - 7_000_000,
    dead: NOW - 30_000_000,
    waiting: NOW - 30_000_000,
};

/// How long the numbers of recorded messages are kept.
const COUNTS: Kept = Kept {
    hours: 15 * 86_400_000_000,
    days: 400 * 86_400_000_000,
};

/// Ten messages; half of them have expired.
fn half_expired() -> Vec<Message> {
    (0..10)
        .map(|number| Message {
            expires_at: Some(NOW + [1, -1][number % 2]),
            ..message("p1", 0)
        })
        .collect()
}

/// Returns a purge of what has expired by now.
pub fn purge(app: &TestApp, batch_size: usize, max_rows: Option<u64>) -> Purge {
    purge_before(app, batch_size, max_rows, NOW)
}

/// Returns a purge of what has expired at a time.
pub fn purge_at(app: &TestApp, time: i64) -> Purge {
    purge_before(app, 2, None, time)
}

fn purge_before(app: &TestApp, batch_size: usize, max_rows: Option<u64>, expired_before: i64) -> Purge {
    let options = Options {
        batch_size,
        pause: Duration::ZERO,
        max_rows,
        expired_before,
        kept_before: expired_before,
        waiting_before: expired_before,
        failures_before: expired_before,
        listeners_since: LISTENERS,
        counts: COUNTS,
    };
    Purge::new(
        app.store.clone(),
        app.clock.clock(),
        Metrics::new("test"),
        Reporter::new(&config::Config::default()),
        options,
    )
}

#[tokio::test]
async fn what_expired_goes_and_the_rest_stays() {
    let app = TestApp::start();
    app.import(&half_expired()).await;
    assert_eq!(purge(&app, 2, None).count().await.unwrap().messages, 5);
    let mut steps = Vec::new();
    let report = purge(&app, 2, None)
        .run(|deleted| steps.push(deleted))
        .await
        .unwrap();
    assert_eq!(
        (report.messages, report.left, report.is_interrupted),
        (5, 0, false)
    );
    assert_eq!(steps, [2, 4, 5]);
    assert_eq!(app.store.read(|read| count(read)).await.unwrap(), 5);
}

#[tokio::test]
async fn a_purge_stops_at_its_number_of_rows() {
    let app = TestApp::start();
    app.import(&half_expired()).await;
    let report = purge(&app, 2, Some(3)).run(|_| ()).await.unwrap();
    assert_eq!((report.messages, report.left), (3, 2));
}

#[tokio::test]
async fn a_message_that_never_expires_stays() {
    let app = TestApp::start();
    app.import(&[Message {
        expires_at: None,
        ..message("p1", 0)
    }])
    .await;
    assert_eq!(purge(&app, 10, None).run(|_| ()).await.unwrap().messages, 0);
    assert_eq!(app.store.read(|read| count(read)).await.unwrap(), 1);
}

#[tokio::test]
async fn a_second_purge_is_told_who_is_at_work_until_the_lease_runs_out() {
    let app = TestApp::start();
    let until = NOW + 60_000_000;
    app.store
        .write(move |tx| lease::take(tx, "purge", "another host", NOW, until))
        .await
        .unwrap();
    match purge(&app, 10, None).run(|_| ()).await {
        Err(Error::Held(holder)) => assert_eq!(holder, "another host"),
        other => panic!("{other:?}"),
    }
    app.clock.advance(Duration::from_secs(61));
    assert!(purge(&app, 10, None).run(|_| ()).await.is_ok());
    assert!(
        purge(&app, 10, None).run(|_| ()).await.is_ok(),
        "the lease was given back"
    );
}

#[tokio::test]
async fn a_lease_that_cannot_be_released_does_not_hide_why_the_purge_stopped() {
    let app = TestApp::start();
    if Fresh::is_remote() {
        return;
    }
    app.import(&half_expired()).await;
    let mut database = Database::open(app.database.url());
    database.execute(
        "CREATE TRIGGER keep BEFORE DELETE ON messages BEGIN SELECT RAISE(ABORT, 'this stopped it'); END; \
         CREATE TRIGGER hold BEFORE DELETE ON leases BEGIN SELECT RAISE(ABORT, 'this came after'); END",
    );
    let stopped = purge(&app, 10, None).run(|_| ()).await.unwrap_err();
    assert!(stopped.to_string().contains("this stopped it"), "{stopped}");
    // If nothing else is wrong, the error is about the lease.
    database.execute("DROP TRIGGER keep; UPDATE leases SET expires_at = 0");
    let stopped = purge(&app, 10, None).run(|_| ()).await.unwrap_err();
    assert!(stopped.to_string().contains("this came after"), "{stopped}");
}

#[tokio::test]
async fn a_purge_that_is_told_to_stop_ends_after_its_batch() {
    let app = TestApp::start();
    app.import(&half_expired()).await;
    let stop = CancellationToken::new();
    let purge = purge(&app, 1, None).stopped_by(stop.clone());
    stop.cancel();
    let report = purge.run(|_| ()).await.unwrap();
    assert_eq!(
        (report.messages, report.left, report.is_interrupted),
        (1, 4, true)
    );
}

#[tokio::test]
async fn expired_idempotency_keys_go_too() {
    let app = TestApp::start();
    let body = serde_json::json!({ "message": { "event_id": "VOLUME_000002" } });
    app.service().post_once("p1", "k1", &body).await;
    let options = Options {
        batch_size: 10,
        pause: Duration::ZERO,
        max_rows: None,
        expired_before: NOW + 86_400_000_001,
        kept_before: NOW,
        waiting_before: NOW,
        failures_before: NOW,
        listeners_since: LISTENERS,
        counts: COUNTS,
    };
    let purge = Purge::new(
        app.store.clone(),
        app.clock.clock(),
        Metrics::new("test"),
        Reporter::new(&config::Config::default()),
        options,
    );
    let report = purge.run(|_| ()).await.unwrap();
    assert_eq!((report.messages, report.keys), (0, 1));
}

#[tokio::test]
async fn ended_sessions_and_marks_of_what_is_gone_go_too() {
    let app = TestApp::start();
    let rows = half_expired();
    app.import(&rows).await;
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    let prepare = app.store.write(move |tx| {
        let reader = ProjectUser {
            project: "p1".to_owned(),
            user: "alice".to_owned(),
        };
        read_state::change(tx, &reader, &ids, Change::Read, Undo::new())?;
        for user in ["a", "b", "c"] {
            let reader = ProjectUser {
                user: user.to_owned(),
                ..reader.clone()
            };
            read_state::mark_until(tx, &reader, Seen::until(NOW - 1), NOW + 100_000_000, Undo::new())?;
        }
        for id in 0..6 {
            let row = browser_session::BrowserSession {
                id: vec![id; 32],
                token: Vec::new(),
                expires_at: NOW - 3 + i64::from(id),
                ends_at: NOW + 10,
            };
            browser_session::put(tx, &row, None)?;
        }
        // Asked 31 days ago, and now.
        for (project, asked_at) in [("p1", NOW - 31 * 86_400_000_000), ("p2", NOW)] {
            let addresses = ["a", "b", "c"].map(|user| format!("{user}@example.org"));
            confirmation::ask(tx, project, &addresses, MOST, asked_at)?;
        }
        Ok(())
    });
    prepare.await.unwrap();
    let purge = purge(&app, 2, None);
    let counted = purge.count().await.unwrap();
    // Five read marks, a late arrival for each, and three watermarks.
    assert_eq!((counted.sessions, counted.read_marks), (3, 13));
    assert_eq!(counted.confirmations, 3);
    let report = purge.run(|_| ()).await.unwrap();
    assert_eq!((report.messages, report.sessions, report.read_marks), (5, 3, 13));
    assert_eq!(
        (report.confirmations, app.database.count("confirmations")),
        (3, 3)
    );
}

/// Counted and logged separately from merely expired audit events, since they were never delivered.
#[tokio::test]
async fn undelivered_events_are_dropped_and_counted_by_driver() {
    let app = TestApp::start();
    app.leave_events();
    for (id, seconds) in [(1, -2), (2, -1), (3, 1)] {
        let sinks = Sinks {
            targets: vec!["log".to_owned(), "messaging".to_owned()],
            keeps: true,
            ..Sinks::default()
        };
        let batch = Batch {
            events: Outgoing {
                events: [event("a", Uuid::from_u128(id), seconds)].into(),
                sinks: sinks.into(),
                ..Outgoing::default()
            },
            ..Batch::default()
        };
        app.store.record_batch(batch).await.unwrap();
    }
    let metrics = Metrics::new("test");
    let options = Options {
        batch_size: 3,
        pause: Duration::ZERO,
        max_rows: None,
        expired_before: NOW,
        kept_before: NOW - 1_500_000,
        waiting_before: NOW,
        failures_before: NOW,
        listeners_since: LISTENERS,
        counts: COUNTS,
    };
    let reporter = Reporter::new(&config::Config::default());
    let purge = Purge::new(
        app.store.clone(),
        app.clock.clock(),
        metrics.clone(),
        reporter,
        options,
    );
    let counted = purge.count().await.unwrap();
    // The event that is no longer kept is deleted with its deliveries.
    assert_eq!((counted.events, counted.undelivered), (0, 4));
    let report = purge.run(|_| ()).await.unwrap();
    assert_eq!((report.events, report.undelivered), (1, 4));
    for driver in ["log", "messaging"] {
        assert_eq!(metrics.events.driver(driver).dropped.get(), 2);
        let left = app.store.count_waiting(driver, i64::MAX);
        assert_eq!(left.await.unwrap(), 1);
    }
}

#[tokio::test]
async fn a_step_of_the_schedule_purges_what_has_expired_by_then() {
    let app = TestApp::start();
    app.import(&half_expired()).await;
    let config = config::Config::default();
    let mut schedule = Schedule {
        every: Duration::from_secs(3600),
        reporter: Reporter::new(&config),
        config,
        store: app.store.clone(),
        clock: app.clock.clock(),
        metrics: Metrics::new("test"),
    };
    let stop = CancellationToken::new();
    for (left, pass) in [(5, 0), (5, 0), (0, 2)] {
        app.clock.advance(Duration::from_micros(pass));
        assert!(matches!(schedule.step(&stop).await, Next::Rest(_)));
        assert_eq!(app.store.read(|read| count(read)).await.unwrap(), left);
    }
}

#[tokio::test]
async fn deliveries_of_listeners_go_by_their_age_and_with_their_listener() {
    use State::{Dead, Delivered, Waiting};
    let app = TestApp::start();
    app.leave_events();
    let (listener, gone) = (
        insert_listener(&app.store, &["repo.sync.start"]).await,
        insert_listener(&app.store, &["repo.sync.start"]).await,
    );
    let ages = [-40, -40, -40, -20, -20, -20, 0, 0, 0];
    let ends = [
        Some(Then::Delivered),
        Some(Then::Dead("refused".to_owned())),
        None,
    ];
    let ids: Vec<Uuid> = (1..10).map(Uuid::from_u128).collect();
    let events = ids
        .iter()
        .zip(ages)
        .map(|(id, age)| event("a", *id, age))
        .collect();
    report_to_listeners(&app.store, &reporter(), events).await;
    let settled = app.store.write(move |tx| {
        let terms = Terms {
            now: NOW,
            until: NOW + 1,
            claim: Uuid::nil(),
            limit: 10,
        };
        delivery::claim_due(tx, listener, terms)?;
        let made = ids.iter().zip(ends.iter().cycle());
        let made = made.filter_map(|(id, end)| Some(attempt(*id, Uuid::nil(), end.clone()?)));
        delivery::settle_attempts(tx, listener, &made.collect::<Vec<_>>(), NOW)?;
        listener::delete(tx, gone)
    });
    settled.await.unwrap();
    app.database.execute(&format!(
        "INSERT INTO deliveries SELECT 'listener:{gone}', event_id, created_at, 0, 1, 0, NULL, NULL, NULL FROM deliveries"
    ));
    let counted = purge(&app, 2, None).count().await.unwrap();
    let report = purge(&app, 2, None).run(|_| ()).await.unwrap();
    // Delivered ones of 40 and 20 seconds ago, a dead letter of 40, and all nine of the deleted listener.
    assert_eq!((counted.deliveries, report.deliveries), (12, 12));
    // However old, nothing that waits for a listener is dropped like a driver's.
    assert_eq!((counted.undelivered, report.undelivered), (0, 0));
    let left = deliveries_of(&app.store, listener).await;
    let states: Vec<State> = left.iter().map(|one| one.state).collect();
    assert_eq!(states, [Waiting, Dead, Waiting, Delivered, Dead, Waiting]);
    assert_eq!(app.database.count("attempts"), 3);
    assert_eq!(
        app.database.count("pending_events"),
        6,
        "those without deliveries"
    );
}
