//! Roll-ups: every recorded message is counted once, whatever comes between its recording and the worker.

use std::sync::Arc;
use std::time::Duration;

use tidings::catalog::Level;
use tidings::config::Statistics;
use tidings::event::Reporter;
use tidings::message::{
    CountFilter, Kept, LevelCounts, Message, Period, RankMarker, Ranking, Scope, SummaryBy, SummaryRequest,
};
use tidings::retention::RollUp;
use tidings::store::follow::{FollowBatch, FollowLease, FollowPosition};
use tidings::store::ingest::{Arrival, IngestBatch};
use tidings::store::rollup;
use tidings::store::{Batch, Error, Store, Tx, lease, message as messages};
use tidings::worker::{Next, Worker};
use tokio_util::sync::CancellationToken;

use crate::retention::purge_at;
use crate::support::{NOW, RecordBatch, TestApp, message, reporter};

pub const SECOND: i64 = 1_000_000;
const HOUR: i64 = 3600 * SECOND;
pub const DAY: i64 = 24 * HOUR;
pub const KEPT: Kept = Kept {
    hours: 15 * DAY,
    days: 400 * DAY,
};

/// Counts everything that was created before this second after [`NOW`], on a store.
pub async fn count_until(store: &Store, second: i64) {
    let until = NOW + second * SECOND;
    while store
        .write(move |tx| rollup::advance(tx, until, KEPT))
        .await
        .unwrap()
    {}
}

/// The days around the tests' time.
fn period() -> Period {
    Period::containing(NOW - 2 * DAY, NOW + 2 * DAY, 0)
}

pub async fn total(store: &Store, filter: CountFilter) -> LevelCounts {
    let bars = store.read(move |read| rollup::bars(read, &filter)).await.unwrap();
    bars.iter().fold(LevelCounts::default(), |mut sum, bar| {
        sum += bar.counts;
        sum
    })
}

/// The messages that were recorded, by hour, by day, of the project p1 and by project, all of which must agree.
pub async fn recorded(store: &Store) -> u64 {
    let all = CountFilter::all(period());
    let hours = total(store, all.clone()).await.total();
    let days = CountFilter::all(Period::containing(NOW - 2 * DAY, NOW + 2 * DAY, i64::MAX));
    assert_eq!(total(store, days).await.total(), hours);
    for by in Ranking::ALL {
        let filter = all.clone();
        let page = store.read(move |read| rollup::ranked(read, &filter, by, None, 100));
        let page = page.await.unwrap();
        assert!(page.next.is_none());
        let sum: u64 = page.entries.iter().map(|entry| entry.counts.total()).sum();
        assert_eq!(sum, hours, "{by:?}");
        let trend: u64 = page.entries.iter().flat_map(|entry| entry.trend).sum();
        assert_eq!(trend, hours, "{by:?}");
    }
    hours
}

pub async fn record(store: &Store, rows: &[Message]) {
    let batch = Batch {
        messages: rows.to_vec().into(),
        ..Batch::default()
    };
    store.record_batch(batch).await.unwrap();
}

fn warning(project: &str, seconds: i64) -> Message {
    Message {
        event_id: "SHARE_000002".to_owned(),
        message_level: "WARNING".to_owned(),
        ..message(project, seconds)
    }
}

#[tokio::test]
async fn messages_are_counted_by_time_code_project_service_and_level() {
    let app = TestApp::start();
    let rows = [
        message("p1", 0),
        message("p1", 1),
        warning("p2", 2),
        message("p2", 3600),
        message("p2", 86_400),
    ];
    record(&app.store, &rows).await;
    assert_eq!(recorded(&app.store).await, 0);
    count_until(&app.store, 100_000).await;
    assert_eq!(recorded(&app.store).await, 5);
    let filter = CountFilter::all(period());
    let asked = filter.clone();
    let bars = app
        .store
        .read(move |read| rollup::bars(read, &asked))
        .await
        .unwrap();
    let counts: Vec<_> = bars
        .iter()
        .map(|bar| (bar.counts.errors, bar.counts.warnings))
        .collect();
    assert_eq!(counts, [(2, 1), (1, 0), (1, 0)]);
    assert_eq!(bars[0].since, NOW - NOW % HOUR);
    let only = |change: fn(&mut CountFilter)| {
        let mut filter = filter.clone();
        change(&mut filter);
        filter
    };
    for (filter, count) in [
        (only(|filter| filter.level = Some(Level::Warning)), 1),
        (only(|filter| filter.project = Some("p1".to_owned())), 2),
        (only(|filter| filter.service = Some("volume".to_owned())), 4),
        (
            only(|filter| filter.codes = Some(vec!["SHARE_000002".to_owned()])),
            1,
        ),
        (
            only(|filter| {
                filter.project = Some("p2".to_owned());
                filter.codes = Some(vec!["VOLUME_000002".to_owned()]);
            }),
            2,
        ),
    ] {
        assert_eq!(
            total(&app.store, filter.clone()).await.total(),
            count,
            "{filter:?}"
        );
        for by in Ranking::ALL {
            let asked = filter.clone();
            let page = app
                .store
                .read(move |read| rollup::ranked(read, &asked, by, None, 9));
            let entries = page.await.unwrap().entries;
            let sum: u64 = entries.iter().map(|entry| entry.counts.total()).sum();
            assert_eq!(sum, count, "{filter:?} {by:?}");
        }
    }
}

#[tokio::test]
async fn a_ranking_has_pages_and_compares_with_the_time_before() {
    let app = TestApp::start();
    let mut rows = Vec::new();
    for project in 0..10_u32 {
        for second in 0..=i64::from(project) / 2 {
            rows.push(message(&format!("p{project}"), second));
        }
    }
    rows.push(message("p9", -86_400));
    record(&app.store, &rows).await;
    count_until(&app.store, 100).await;
    let filter = CountFilter::all(Period::containing(NOW - HOUR, NOW + HOUR, 0));
    let (mut marker, mut keys) = (None::<RankMarker>, Vec::new());
    loop {
        let (filter, after) = (filter.clone(), marker.clone());
        let page = app
            .store
            .read(move |read| rollup::ranked(read, &filter, Ranking::Project, after.as_ref(), 3));
        let page = page.await.unwrap();
        assert_eq!(page.total, 10);
        keys.extend(page.entries.into_iter().map(|entry| entry.key));
        marker = page.next;
        if marker.is_none() {
            break;
        }
    }
    assert_eq!(keys, ["p8", "p9", "p6", "p7", "p4", "p5", "p2", "p3", "p0", "p1"]);
    let day = CountFilter::all(Period::containing(NOW - HOUR, NOW + DAY - HOUR, 0));
    let page = app
        .store
        .read(move |read| rollup::ranked(read, &day, Ranking::Project, None, 2))
        .await
        .unwrap();
    let before: Vec<_> = page
        .entries
        .iter()
        .map(|entry| (&*entry.key, entry.before))
        .collect();
    assert_eq!(before, [("p8", Some(0)), ("p9", Some(1))]);
}

#[tokio::test]
async fn more_messages_of_one_moment_than_a_batch_are_counted_once() {
    let app = TestApp::start();
    let rows: Vec<Message> = (0..2500).map(|_| message("p1", 0)).collect();
    record(&app.store, &rows).await;
    count_until(&app.store, 1).await;
    count_until(&app.store, 1).await;
    assert_eq!(recorded(&app.store).await, 2500);
}

#[tokio::test]
async fn rows_behind_the_position_are_counted_by_who_brings_them() {
    let app = TestApp::start();
    record(&app.store, &[message("p1", 10)]).await;
    count_until(&app.store, 11).await;
    app.import(&[message("p1", 0), message("p1", 20)]).await;
    assert_eq!(recorded(&app.store).await, 2, "one is ahead");
    let arrival = Arrival {
        messages: vec![message("p2", 1), message("p2", 21)],
        resource: None,
        own: None,
        failure: None,
        pairs_within: None,
    };
    let batch = IngestBatch {
        now: NOW,
        arrivals: vec![arrival],
        ..IngestBatch::default()
    };
    app.store.ingest(Arc::new(batch), &reporter()).await.unwrap();
    assert_eq!(recorded(&app.store).await, 3);
    let followed = FollowBatch {
        lease: FollowLease {
            name: "follow:cinder".to_owned(),
            holder: "me".to_owned(),
            until: NOW + SECOND,
        },
        service: "cinder",
        now: NOW,
        pairs_within: SECOND,
        messages: vec![message("p3", 2), message("p3", 22)],
        deleted: Vec::new(),
        position: FollowPosition {
            expires_at: NOW,
            ttl: 1,
            walked: String::new(),
            since: 0,
        },
    };
    let follow = app.store.follow(Arc::new(followed), &reporter()).await;
    follow.unwrap().unwrap();
    assert_eq!(recorded(&app.store).await, 4);
    let told = message("p4", 3);
    let add = app.store.write(move |tx| messages::add(tx, &told, &reporter()));
    add.await.unwrap();
    assert_eq!(recorded(&app.store).await, 5);
    count_until(&app.store, 30).await;
    assert_eq!(recorded(&app.store).await, 8);
}

#[tokio::test]
async fn deletion_and_purge_count_what_is_not_counted_yet_and_lower_nothing() {
    let app = TestApp::start();
    let rows: Vec<Message> = (0..4).map(|second| message("p1", second)).collect();
    record(&app.store, &rows).await;
    count_until(&app.store, 2).await;
    for row in [&rows[0], &rows[3]] {
        let id = row.id;
        let delete = move |tx: &mut Tx<'_>| messages::delete(tx, &Scope::All, id, &reporter(), None, NOW);
        app.store.write(delete).await.unwrap();
    }
    assert_eq!(recorded(&app.store).await, 3, "the third waits for the worker");
    count_until(&app.store, 9).await;
    assert_eq!(recorded(&app.store).await, 4);
    let short = |second| Message {
        expires_at: Some(NOW + second),
        ..message("p2", second)
    };
    record(&app.store, &[short(20), short(30), message("p2", 40)]).await;
    let report = purge_at(&app, NOW + 60).run(|_| ()).await.unwrap();
    assert_eq!(report.messages, 2);
    assert_eq!(recorded(&app.store).await, 6);
    count_until(&app.store, 50).await;
    assert_eq!(recorded(&app.store).await, 7);
}

#[tokio::test]
async fn what_fails_between_two_steps_is_done_again() {
    let app = TestApp::start();
    record(&app.store, &[message("p1", 0), message("p1", 1)]).await;
    let failed = app.store.write(|tx| {
        rollup::advance(tx, NOW + 9 * SECOND, KEPT)?;
        Err::<(), _>(Error::NotFound)
    });
    failed.await.unwrap_err();
    assert_eq!(recorded(&app.store).await, 0);
    count_until(&app.store, 9).await;
    assert_eq!(recorded(&app.store).await, 2);
}

#[tokio::test]
async fn the_worker_keeps_a_distance_and_one_server_works_at_a_time() {
    let app = TestApp::start();
    record(&app.store, &[message("p1", 0)]).await;
    let worker = |app: &TestApp| RollUp::new(app.store.clone(), app.clock.clock(), &Statistics::default());
    let (mut one, mut other) = (worker(&app), worker(&app));
    let stop = CancellationToken::new();
    assert!(matches!(one.step(&stop).await, Next::Rest(_)));
    assert_eq!(
        recorded(&app.store).await,
        0,
        "another server may still write such messages"
    );
    app.clock.advance(Duration::from_secs(61));
    one.step(&stop).await;
    assert_eq!(recorded(&app.store).await, 1);
    record(&app.store, &[message("p1", 1)]).await;
    let now = NOW + 61 * SECOND;
    let take = app.store.write(move |tx| {
        lease::take(
            tx,
            "rollup",
            "elsewhere:1",
            now + 100 * SECOND,
            now + 200 * SECOND,
        )
    });
    take.await.unwrap();
    other.step(&stop).await;
    assert_eq!(recorded(&app.store).await, 1, "another server has the lease");
    app.clock.advance(Duration::from_secs(201));
    other.step(&stop).await;
    assert_eq!(recorded(&app.store).await, 2);
    one.end().await;
    other.end().await;
}

/// Two servers count, while others record late messages and delete early ones.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_servers_count_each_message_once_amid_late_and_deleted_ones() {
    let app = TestApp::start();
    let other = app.beside(&[]);
    let rows: Vec<Message> = (0..300).map(|second| message("p1", second)).collect();
    record(&app.store, &rows).await;
    let mut tasks = Vec::new();
    for store in [app.store.clone(), other.store.clone()] {
        tasks.push(tokio::spawn(async move {
            for second in (0..300).step_by(7) {
                count_until(&store, second).await;
            }
        }));
    }
    for (part, store) in [(0, app.store.clone()), (1, other.store.clone())] {
        let ids: Vec<_> = rows.iter().skip(part).step_by(6).map(|row| row.id).collect();
        tasks.push(tokio::spawn(async move {
            for (number, id) in (0_i64..).zip(ids) {
                let late = vec![message("p2", number * 6), message("p3", 299 - number * 6)];
                let import = store.write(move |tx| messages::import(tx, &late));
                import.await.unwrap();
                let reporter = Reporter::new(&tidings::config::Config::default());
                let delete =
                    store.write(move |tx| messages::delete(tx, &Scope::All, id, &reporter, None, NOW));
                delete.await.unwrap();
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    count_until(&app.store, 400).await;
    assert_eq!(recorded(&app.store).await, 300 + 4 * 50);
}

#[tokio::test]
async fn a_summary_says_how_far_it_goes_and_what_it_is_asked() {
    let app = TestApp::start();
    record(&app.store, &[message("p1", 0), warning("p1", 50)]).await;
    count_until(&app.store, 10).await;
    let answer = async |by, settled: i64| {
        let asked = SummaryRequest {
            by: Some(by),
            since: Some(NOW - DAY),
            until: Some(NOW + DAY),
            ..SummaryRequest::default()
        };
        let query = asked.check(NOW, KEPT).unwrap();
        let summary = app.store.read(move |read| rollup::answer(read, &query, settled));
        summary.await.unwrap()
    };
    let behind = answer(SummaryBy::Level, NOW + 100 * SECOND).await;
    assert_eq!((behind.counted_until, behind.recorded.total()), (Some(NOW), 1));
    count_until(&app.store, 60).await;
    let whole = answer(SummaryBy::Code, NOW + 100 * SECOND).await;
    assert_eq!(whole.counted_until, Some(NOW + 100 * SECOND));
    assert_eq!((whole.recorded.errors, whole.recorded.warnings), (1, 1));
}
