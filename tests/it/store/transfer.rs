//! Copying a store whose servers still write.

use tidings::config::{Config, Database};
use tidings::event::Reporter;
use tidings::message::{Change, Message, Scope};
use tidings::store::confirmation::{self, Asked, Decision};
use tidings::store::follow::{self, FollowLease, FollowPosition};
use tidings::store::ingest::{Arrival, IngestBatch, IngestOutcome, Occurrence, Owner};
use tidings::store::message::{delete, import};
use tidings::store::read_state::{self, ProjectUser, Seen, Undo};
use tidings::store::transfer::{Endpoint, Findings, Mode, Transfer};
use tidings::store::{Settings, Store};
use tidings::telemetry::Metrics;

use crate::api::failures;
use crate::support::listeners::MOST;
use crate::support::{Fresh, NOW, TestApp, message, reporter};

/// Returns the findings about messages.
async fn walk(app: &TestApp, target: &Fresh, act: Mode) -> Findings {
    found(&walk_all(app, target, act).await, "messages")
}

#[track_caller]
fn found(tables: &[Findings], name: &str) -> Findings {
    tables.iter().find(|found| found.table == name).unwrap().clone()
}

/// Returns the findings about every table. A walk waits for a writer, which a test's own thread must not.
async fn walk_all(app: &TestApp, target: &Fresh, act: Mode) -> Vec<Findings> {
    let from = settings(&app.database);
    let to = settings(target);
    let walked = tokio::task::spawn_blocking(move || {
        let sides = [&from, &to].map(|settings| Endpoint::open(&settings.backend).unwrap());
        let [source, target] = sides;
        let store = Store::open(&to, &Metrics::new("test")).unwrap();
        let found = Transfer::new(source, target, store.clone(), NOW).walk(act, &mut || ());
        store.close();
        found
    });
    walked.await.unwrap().unwrap()
}

fn settings(database: &Fresh) -> Settings {
    Settings::from_config(&Database {
        connection: database.connection(),
        ..Database::default()
    })
}

#[tokio::test]
async fn what_came_and_went_meanwhile_is_found_and_copied_the_next_time() {
    let app = TestApp::start();
    let target = Fresh::new();
    Store::migrate(&settings(&target).backend).unwrap();
    let rows: Vec<Message> = (0..3000).map(|second| message("p1", second)).collect();
    app.import(&rows).await;
    let copied = walk(&app, &target, Mode::Insert).await;
    assert_eq!(
        (copied.missing, copied.is_whole()),
        (3000, false),
        "as it was before"
    );
    app.import(&[message("p2", 0)]).await;
    let gone = rows[1].id;
    let deleted = app
        .store
        .write(move |tx| delete(tx, &Scope::All, gone, &reporter(), None, 0));
    deleted.await.unwrap();
    let found = walk(&app, &target, Mode::Compare).await;
    assert_eq!((found.missing, found.foreign, found.different), (1, 1, 0));
    assert_eq!((found.source.rows, found.target.rows), (3000, 2999));
    let found = walk(&app, &target, Mode::Look).await;
    assert_eq!(found.foreign, 1);
    walk(&app, &target, Mode::Mirror).await;
    let verified = walk(&app, &target, Mode::Compare).await;
    assert!(verified.is_whole() && verified.foreign == 0, "{verified:?}");
    assert_eq!(verified.source.rows, 3000);
}

#[tokio::test]
async fn what_is_kept_of_notifications_moves_along() {
    let app = TestApp::start();
    let target = Fresh::new();
    Store::migrate(&settings(&target).backend).unwrap();
    let owner = Owner {
        resource: [1; 16],
        project_id: "p1".to_owned(),
        expires_at: NOW + 1_000_000,
    };
    let arrival = Arrival {
        messages: vec![message("p1", 0)],
        resource: None,
        own: Some(([2; 16], NOW + 1_000_000)),
        failure: Some(Occurrence {
            key: [3; 16],
            at: NOW - 11,
            window: 10,
        }),
        pairs_within: None,
    };
    let batch = IngestBatch {
        now: NOW - 10,
        owners: vec![owner],
        arrivals: vec![arrival],
        unmatched: Vec::new(),
    };
    let quiet = Reporter::new(&Config::default());
    app.store.ingest(batch.clone().into(), &quiet).await.unwrap();
    let position = FollowPosition {
        expires_at: NOW,
        ttl: 1,
        walked: String::new(),
        since: 0,
    };
    let lease = FollowLease {
        name: "follow:cinder".to_owned(),
        holder: "me".to_owned(),
        until: NOW,
    };
    let begun = app
        .store
        .write(move |tx| follow::renew(tx, &lease, 0, "cinder", &position, true));
    begun.await.unwrap().unwrap();
    let copied = walk_all(&app, &target, Mode::Insert).await;
    assert_eq!(found(&copied, "follow_positions").missing, 1);
    let [keys, owners] = ["ingest_keys", "resource_owners"].map(|name| found(&copied, name));
    assert_eq!(
        (keys.missing, owners.missing),
        (1, 1),
        "one of the keys has expired"
    );
    assert!(
        walk_all(&app, &target, Mode::Compare)
            .await
            .iter()
            .all(Findings::is_whole)
    );
    let store = Store::open(&settings(&target), &Metrics::new("test")).unwrap();
    assert_eq!(
        store.ingest(batch.into(), &quiet).await.unwrap(),
        [IngestOutcome::Repeated]
    );
    store.close();
}

/// A row that has changed since it was copied takes the source's values.
#[tokio::test]
async fn what_recipients_have_confirmed_moves_along() {
    let app = TestApp::start();
    let target = Fresh::new();
    Store::migrate(&settings(&target).backend).unwrap();
    for project in ["p1", "p2"] {
        let addresses = ["B@example.org", "a@example.org", "用户@example.org"].map(str::to_owned);
        let asked = app
            .store
            .write(move |tx| confirmation::ask(tx, project, &addresses, MOST, NOW));
        assert_eq!(asked.await.unwrap(), Asked::Yes);
    }
    let copied = walk_all(&app, &target, Mode::Insert).await;
    assert_eq!(found(&copied, "confirmations").missing, 6);
    let decided = app.store.write(|tx| {
        let due = confirmation::next_due(tx.conn(), NOW)?.unwrap();
        confirmation::claim(tx, &due, &[7; 32], NOW, NOW)?;
        confirmation::decide(tx, &[7; 32], Decision::Confirm, NOW)
    });
    assert!(decided.await.unwrap().is_some());
    let compared = walk_all(&app, &target, Mode::Compare).await;
    assert_eq!(found(&compared, "confirmations").different, 1);
    walk_all(&app, &target, Mode::Insert).await;
    let verified = walk_all(&app, &target, Mode::Compare).await;
    assert!(verified.iter().all(Findings::is_whole), "{verified:?}");
}

/// Read marks of several users in several projects, more than are read at a time.
#[tokio::test]
async fn what_users_have_read_moves_along() {
    let app = TestApp::start();
    let target = Fresh::new();
    Store::migrate(&settings(&target).backend).unwrap();
    let readers =
        [("p1", "alice"), ("p1", "bob"), ("p2", "alice"), ("p3", "alice")].map(|(project, user)| {
            ProjectUser {
                project: project.to_owned(),
                user: user.to_owned(),
            }
        });
    for project in ["p1", "p2"] {
        let rows: Vec<Message> = (0..1200).map(|second| message(project, second)).collect();
        app.import(&rows).await;
        let ids: Vec<_> = rows.iter().skip(1).map(|row| row.id).collect();
        let of_project = |reader: &ProjectUser| reader.project == project;
        for reader in readers.clone().into_iter().filter(of_project) {
            let ids = ids.clone();
            let marked = app
                .store
                .write(move |tx| read_state::change(tx, &reader, &ids, Change::Read, Undo::new()));
            marked.await.unwrap();
        }
    }
    for reader in readers.clone().into_iter().skip(1) {
        let until = app.store.write(move |tx| {
            read_state::mark_until(tx, &reader, Seen::until(NOW - 1), NOW + 100_000_000, Undo::new())
        });
        until.await.unwrap();
    }
    let copied = walk_all(&app, &target, Mode::Insert).await;
    let missing = |found: &[Findings], name: &str| self::found(found, name).missing;
    assert_eq!(
        (
            missing(&copied, "read_marks"),
            missing(&copied, "read_watermarks")
        ),
        (3 * 1199, 3)
    );
    let verified = walk_all(&app, &target, Mode::Compare).await;
    assert!(verified.iter().all(Findings::is_whole), "{verified:?}");

    let store = Store::open(&settings(&target), &Metrics::new("test")).unwrap();
    for reader in readers.clone() {
        let asked = reader.clone();
        let unread = store.read(move |conn| read_state::unread(conn, &reader, 99));
        let before = app.store.read(move |conn| read_state::unread(conn, &asked, 99));
        assert_eq!(unread.await.unwrap(), before.await.unwrap());
    }
    // More is read in the target, while the source loses a mark.
    let [reader, ..] = readers;
    let on = store.write(move |tx| {
        read_state::mark_until(tx, &reader, Seen::until(NOW), NOW + 100_000_000, Undo::new())
    });
    on.await.unwrap();
    store.close();
    app.database.execute(&format!(
        "DELETE FROM read_marks WHERE created_at = {}",
        NOW + 5_000_000
    ));
    app.database
        .execute("UPDATE read_watermarks SET read_until = read_until - 1 WHERE user_id = 'bob'");
    let differs = walk_all(&app, &target, Mode::Mirror).await;
    assert_eq!(found(&differs, "read_marks").foreign, 3);
    let watermarks = found(&differs, "read_watermarks");
    assert_eq!((watermarks.foreign, watermarks.different), (1, 1));
    assert_eq!(watermarks.first_different.as_deref(), Some("p1 bob"));
    let verified = walk_all(&app, &target, Mode::Compare).await;
    assert!(
        verified
            .iter()
            .all(|table| table.is_whole() && table.foreign == 0)
    );
}

/// Returns what `reader` has not read in `store`.
async fn unread(store: &Store, reader: &ProjectUser) -> u64 {
    let reader = reader.clone();
    let unread = store.read(move |conn| read_state::unread(conn, &reader, 99));
    unread.await.unwrap().count
}

#[tokio::test]
async fn a_copy_is_repeated_after_users_have_read_on() {
    let app = TestApp::start();
    let target = Fresh::new();
    Store::migrate(&settings(&target).backend).unwrap();
    let reader = ProjectUser {
        project: "p1".to_owned(),
        user: "alice".to_owned(),
    };
    for second in 0..3 {
        app.import(&[message("p1", second)]).await;
        let later = NOW + 100_000_000;
        let seen = app
            .store
            .read(move |conn| read_state::existing(conn, "p1", later));
        let (seen, asked) = (seen.await.unwrap(), reader.clone());
        let read = app
            .store
            .write(move |tx| read_state::mark_until(tx, &asked, seen, later, Undo::new()));
        read.await.unwrap();
        let copied = walk_all(&app, &target, Mode::Insert).await;
        let watermarks = found(&copied, "read_watermarks");
        assert!(watermarks.changes_in_place);
        let expected = if second == 0 { (1, 0) } else { (0, 1) };
        assert_eq!((watermarks.missing, watermarks.different), expected);
        let verified = walk_all(&app, &target, Mode::Compare).await;
        assert!(verified.iter().all(Findings::is_whole), "{verified:?}");
    }
    let store = Store::open(&settings(&target), &Metrics::new("test")).unwrap();
    assert_eq!(unread(&store, &reader).await, 0);
    store.write(|tx| import(tx, &[message("p1", -1)])).await.unwrap();
    assert_eq!(
        unread(&store, &reader).await,
        1,
        "it arrived after the copied watermark"
    );
    store.close();
}

#[tokio::test]
async fn one_other_letter_is_another_checksum() {
    let app = TestApp::start();
    let target = Fresh::new();
    let backend = settings(&target);
    Store::migrate(&backend.backend).unwrap();
    let row = message("p1", 0);
    let other = Message {
        request_id: row.request_id.to_uppercase(),
        ..row.clone()
    };
    app.import(std::slice::from_ref(&row)).await;
    let store = Store::open(&backend, &Metrics::new("test")).unwrap();
    store
        .write(move |tx| import(tx, std::slice::from_ref(&other)))
        .await
        .unwrap();
    store.close();
    let found = walk(&app, &target, Mode::Compare).await;
    assert_eq!((found.different, found.source.rows, found.target.rows), (1, 1, 1));
    assert_ne!(found.source.checksum, found.target.checksum);
    assert_eq!(found.first_different, Some(row.id.to_string()));
}

#[tokio::test]
async fn failure_notifications_keep_their_numbers_and_new_ones_follow() {
    let app = TestApp::start();
    let target = Fresh::new();
    Store::migrate(&settings(&target).backend).unwrap();
    let admin = app.admin("p1");
    let segment = failures::segment(&admin, "s").await;
    failures::host(&admin, &segment, "compute1").await;
    let mut made = Vec::new();
    for number in 0..3 {
        made.push(failures::reported(&admin, &failures::vm("compute1", number)).await);
    }
    for _ in 0..2 {
        walk_all(&app, &target, Mode::Mirror).await;
        let verified = walk_all(&app, &target, Mode::Compare).await;
        assert!(verified.iter().all(Findings::is_whole), "{verified:?}");
        assert_eq!(found(&verified, "failure_notifications").target.rows, 3);
        assert_eq!(found(&verified, "failover_hosts").target.rows, 1);
        // A changed segment is replaced, and its hosts stay.
        let change = serde_json::json!({ "segment": { "description": "x" } });
        for notification in &made {
            let uuid = notification["notification_uuid"].as_str().unwrap();
            failures::change(&app, uuid, failures::finish).await;
        }
        let path = format!("/segments/{segment}");
        let changed = failures::send(&admin, reqwest::Method::PUT, &path, &change).await;
        assert_eq!(changed.status, 200, "{}", changed.text);
    }
    let copy = TestApp::at(target);
    let admin = copy.admin("p1");
    let next = failures::reported(&admin, &failures::vm("compute1", 9)).await;
    assert!(next["id"].as_i64() > made[2]["id"].as_i64(), "{next}");
}
