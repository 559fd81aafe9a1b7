//! Counting in several reads.

use std::sync::Arc;

use tidings::event::{Outgoing, Sinks};
use tidings::message::{Message, Scope};
use tidings::store::delivery;
use tidings::store::{Limits, Timed};

use uuid::Uuid;

use crate::delivery::event;
use crate::support::{NOW, TestApp, message};

fn in_steps_of(step: u64) -> TestApp {
    TestApp::limited(Limits {
        step,
        // A busy machine needs longer.
        time: None,
        ..Limits::default()
    })
}

#[tokio::test]
async fn steps_neither_skip_nor_repeat() {
    for step in [1, 2, 3, 7, 100] {
        let app = in_steps_of(step);
        // Ten expire at the same time, so that no step of fewer can end among them.
        let times = [-5, -4, -4, -3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3];
        let rows: Vec<Message> = times
            .into_iter()
            .map(|second| Message {
                expires_at: Some(NOW + second),
                ..message("p1", second)
            })
            .chain((0..5).map(|second| message("p2", second)))
            .collect();
        app.import(&rows).await;
        for (before, expected) in [(-9, 0), (-5, 0), (-3, 3), (0, 4), (1, 14), (2, 15), (9, 17)] {
            let counted = app.store.count_before(Timed::MESSAGES, NOW + before).await;
            assert_eq!(counted, Ok(expected), "before {before} in steps of {step}");
        }
        let project = |name: &str| Scope::Project(name.to_owned());
        for (scope, all) in [
            (project("p1"), 17),
            (project("p2"), 5),
            (project("p3"), 0),
            (Scope::All, 22),
        ] {
            for most in [0, 1, 5, 17, 18, u64::MAX] {
                let counted = app.store.count_messages(scope.clone(), most).await;
                assert_eq!(
                    counted,
                    Ok(all.min(most)),
                    "{scope:?} to {most} in steps of {step}"
                );
            }
        }
    }
}

#[tokio::test]
async fn events_that_wait_are_counted_in_steps_up_to_a_time() {
    for step in [1, 2, 3, 100] {
        let app = in_steps_of(step);
        app.leave_events();
        let reported = Outgoing {
            events: (0..7).map(|second| event("e", Uuid::now_v7(), second)).collect(),
            sinks: Arc::new(Sinks {
                targets: vec!["log".to_owned(), "messaging".to_owned()],
                ..Sinks::default()
            }),
            ..Outgoing::default()
        };
        let report = app.store.write(move |tx| delivery::add(tx, &reported));
        report.await.unwrap();
        for (before, expected) in [(0, 0), (1, 1), (4, 4), (6, 6), (7, 7), (9, 7)] {
            let before = NOW + before * tidings::message::time::SECOND;
            assert_eq!(app.store.count_waiting("log", before).await, Ok(expected));
            assert_eq!(app.store.count_undelivered(before).await, Ok(2 * expected));
        }
        assert_eq!(app.store.count_waiting("none", i64::MAX).await, Ok(0));
    }
}

#[tokio::test]
async fn what_has_the_least_of_all_times_counts_too() {
    let app = in_steps_of(2);
    for user in ["a", "b", "c"] {
        app.database.execute(&format!(
            "INSERT INTO read_watermarks (project_id, user_id, read_until, late_turn) \
             VALUES ('p1', '{user}', -9223372036854775807 - 1, 0), ('p2', '{user}', -9, 0)"
        ));
    }
    for (before, expected) in [(-10, 3), (-9, 3), (-8, 6), (NOW, 6)] {
        assert_eq!(
            app.store.count_before(Timed::WATERMARKS, before).await,
            Ok(expected)
        );
    }
}
