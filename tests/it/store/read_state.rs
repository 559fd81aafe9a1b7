//! Read marks.

use std::collections::HashSet;

use tidings::message::{Change, Message, Position, Scope};
use tidings::store::Timed;
use tidings::store::read_state::{self, ProjectUser, Seen, Undo, Unread};
use uuid::Uuid;

use crate::support::{NOW, TestApp, message, reporter};

const SECOND: i64 = 1_000_000;

/// The most messages that are counted.
const MOST: u32 = 1000;

fn reader(user: &str) -> ProjectUser {
    ProjectUser {
        project: "p1".to_owned(),
        user: user.to_owned(),
    }
}

async fn unread(app: &TestApp, user: &str) -> Unread {
    let reader = reader(user);
    let read = app
        .store
        .read(move |conn| read_state::unread(conn, &reader, MOST));
    read.await.unwrap()
}

async fn count(app: &TestApp, user: &str) -> u64 {
    unread(app, user).await.count
}

async fn mark(app: &TestApp, user: &str, ids: &[Uuid]) {
    let (reader, ids) = (reader(user), ids.to_vec());
    let write = app
        .store
        .write(move |tx| read_state::change(tx, &reader, &ids, Change::Read, Undo::new()));
    write.await.unwrap();
}

async fn mark_until(app: &TestApp, user: &str, until: i64, now: i64) {
    let reader = reader(user);
    let write = app
        .store
        .write(move |tx| read_state::mark_until(tx, &reader, Seen::until(until), now, Undo::new()));
    write.await.unwrap();
}

async fn among(app: &TestApp, user: &str, rows: &[Message]) -> HashSet<Uuid> {
    let (reader, positions) = (reader(user), rows.iter().map(Position::of).collect::<Vec<_>>());
    let read = app
        .store
        .read(move |conn| read_state::unread_among(conn, &reader, &positions));
    read.await.unwrap()
}

#[tokio::test]
async fn each_user_reads_alone() {
    let app = TestApp::start();
    let rows: Vec<Message> = (0..3).map(|second| message("p1", second)).collect();
    app.import(&rows).await;
    mark(&app, "alice", &[rows[1].id]).await;
    mark(&app, "alice", &[rows[1].id, Uuid::now_v7()]).await;
    assert_eq!((count(&app, "alice").await, count(&app, "bob").await), (2, 3));
    assert_eq!(
        among(&app, "alice", &rows).await,
        HashSet::from([rows[0].id, rows[2].id])
    );
    assert_eq!(among(&app, "bob", &rows).await.len(), 3);
    assert_eq!(app.database.count("read_marks"), 1);
}

#[tokio::test]
async fn another_projects_message_cannot_be_marked() {
    let app = TestApp::start();
    let other = message("p2", 0);
    app.import(std::slice::from_ref(&other)).await;
    mark(&app, "alice", &[other.id]).await;
    assert_eq!(app.database.count("read_marks"), 0);
}

#[tokio::test]
async fn the_watermark_covers_what_is_old_and_marks_what_is_new() {
    let app = TestApp::start();
    let rows: Vec<Message> = [0, 15, 18, 25].map(|second| message("p1", second)).to_vec();
    app.import(&rows).await;
    let now = NOW + 20 * SECOND;
    mark_until(&app, "alice", now, now).await;
    assert_eq!(among(&app, "alice", &rows).await, HashSet::from([rows[3].id]));
    let until = unread(&app, "alice").await.until;
    assert_eq!(until, Some(NOW + 10 * SECOND));
    assert_eq!(app.database.count("read_marks"), 2);
    // A message committed later than its time is not read before anyone saw it.
    let late = message("p1", 16);
    app.import(std::slice::from_ref(&late)).await;
    assert_eq!(
        among(&app, "alice", std::slice::from_ref(&late)).await,
        HashSet::from([late.id])
    );
    // It only moves forward.
    mark_until(&app, "alice", NOW, now).await;
    assert_eq!(unread(&app, "alice").await.until, until);
}

#[tokio::test]
async fn marking_all_of_very_many_new_ones_leaves_none_unread() {
    let app = TestApp::start();
    let rows: Vec<Message> = (0..1500)
        .map(|number| Message {
            created_at: NOW + number,
            ..message("p1", 0)
        })
        .collect();
    app.import(&rows).await;
    let unread_before = unread(&app, "alice").await;
    assert_eq!(
        (unread_before.count, unread_before.is_more),
        (u64::from(MOST), true)
    );
    mark_until(&app, "alice", i64::MAX, NOW + SECOND).await;
    let unread_after = unread(&app, "alice").await;
    assert_eq!((unread_after.count, unread_after.is_more), (0, false));
}

#[tokio::test]
async fn two_that_mark_the_same_at_once_both_succeed() {
    let app = TestApp::start();
    let rows: Vec<Message> = (0..20).map(|_| message("p1", 0)).collect();
    app.import(&rows).await;
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let now = NOW + 60 * SECOND;
    let both = || async {
        mark(&app, "alice", &ids).await;
        mark_until(&app, "alice", now, now).await;
    };
    let _: Vec<()> = futures_util::future::join_all((0..10).map(|_| both())).await;
    assert_eq!(count(&app, "alice").await, 0);
    assert_eq!(
        (
            app.database.count("read_marks"),
            app.database.count("read_watermarks")
        ),
        (20, 1)
    );
}

#[tokio::test]
async fn marks_and_watermarks_go_with_their_messages() {
    let app = TestApp::start();
    let rows: Vec<Message> = (0..3)
        .map(|number| Message {
            expires_at: Some(NOW + number * SECOND),
            ..message("p1", number - 100)
        })
        .collect();
    app.import(&rows).await;
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    mark(&app, "alice", &ids).await;
    mark(&app, "bob", &ids).await;
    mark_until(&app, "alice", NOW - 99 * SECOND, NOW).await;
    mark_until(&app, "bob", NOW - 98 * SECOND, NOW).await;
    let id = rows[2].id;
    let delete = app
        .store
        .write(move |tx| tidings::store::message::delete(tx, &Scope::All, id, &reporter(), None, NOW));
    delete.await.unwrap();
    assert_eq!(app.database.count("read_marks"), 4);
    let purge = app.store.write(|tx| {
        Timed::MESSAGES.delete(tx, NOW + 1, 10)?;
        // Several marks per message do not shrink a batch.
        let marks = [1, 10].map(|limit| Timed::READ_MARKS.delete(tx, NOW + 1, limit));
        let [one, other] = marks;
        Ok((one?, other?, read_state::delete_passed(tx, NOW, 10)?))
    });
    // Both marks of the expired message; no watermark, since one message is older than each.
    assert_eq!(purge.await.unwrap(), (1, 1, 0));
    let last = app.store.write(|tx| {
        Timed::MESSAGES.delete(tx, NOW + 2 * SECOND, 10)?;
        let marks = Timed::READ_MARKS.delete(tx, NOW + 2 * SECOND, 10)?;
        let watermarks = [1, 10].map(|limit| read_state::delete_passed(tx, NOW, limit));
        let [one, other] = watermarks;
        Ok((marks, one?, other?))
    });
    assert_eq!(last.await.unwrap(), (2, 1, 1));
}

#[tokio::test]
async fn what_is_imported_later_is_unread_however_old_it_is() {
    let app = TestApp::start();
    app.import(&[message("p1", -100), message("p1", -50)]).await;
    mark_until(&app, "alice", i64::MAX, NOW).await;
    assert_eq!(count(&app, "alice").await, 0);
    let late = [message("p1", -80), message("p1", -120), message("p2", -80)];
    app.import(&late).await;
    let own = HashSet::from([late[0].id, late[1].id]);
    assert_eq!(
        (count(&app, "alice").await, among(&app, "alice", &late[..2]).await),
        (2, own)
    );
    assert_eq!(count(&app, "bob").await, 4);
    mark(&app, "alice", &[late[0].id]).await;
    assert_eq!(
        among(&app, "alice", &late[..2]).await,
        HashSet::from([late[1].id])
    );
    assert_eq!(count(&app, "alice").await, 1);
    mark_until(&app, "alice", i64::MAX, NOW).await;
    assert_eq!(count(&app, "alice").await, 0);
}

#[tokio::test]
async fn a_mark_of_an_earlier_time_covers_the_late_arrivals_until_then() {
    let app = TestApp::start();
    app.import(&[message("p1", -50)]).await;
    mark_until(&app, "alice", i64::MAX, NOW).await;
    let late = [message("p1", -80), message("p1", -60)];
    app.import(&late).await;
    mark_until(&app, "alice", NOW - 70 * SECOND, NOW).await;
    assert_eq!(among(&app, "alice", &late).await, HashSet::from([late[1].id]));
    assert_eq!(count(&app, "alice").await, 1);
    assert_eq!(unread(&app, "alice").await.until, Some(NOW - 50 * SECOND));
}

#[tokio::test]
async fn what_was_seen_before_an_import_does_not_cover_it() {
    let app = TestApp::start();
    app.import(&[message("p1", -50), message("p1", -2)]).await;
    let look = app.store.read(|conn| read_state::existing(conn, "p1", NOW));
    let seen = look.await.unwrap();
    // One is older than the future watermark, one is where messages are marked individually.
    let late = [message("p1", -80), message("p1", -5)];
    app.import(&late).await;
    let alice = reader("alice");
    let write = app
        .store
        .write(move |tx| read_state::mark_until(tx, &alice, seen, NOW, Undo::new()));
    write.await.unwrap();
    assert_eq!(
        among(&app, "alice", &late).await,
        HashSet::from([late[0].id, late[1].id])
    );
    assert_eq!(count(&app, "alice").await, 2);
}

#[tokio::test]
async fn what_exists_ends_with_the_newest_message_or_now() {
    let app = TestApp::start();
    let exists = async |now: i64| {
        let look = app.store.read(move |conn| read_state::existing(conn, "p1", now));
        look.await.unwrap()
    };
    assert_eq!(
        exists(NOW).await,
        Seen {
            until: i64::MIN,
            turn: 0
        }
    );
    app.import(&[message("p1", 0), message("p2", 90)]).await;
    let hour = 3600 * SECOND;
    assert_eq!(exists(NOW + hour).await, Seen { until: NOW, turn: 1 });
    assert_eq!(
        exists(NOW - hour).await,
        Seen {
            until: NOW - hour,
            turn: 1
        }
    );
}

#[tokio::test]
async fn notes_of_late_arrival_go_with_their_messages() {
    let app = TestApp::start();
    let rows: Vec<Message> = (0..3)
        .map(|number| Message {
            expires_at: Some(NOW + number * SECOND),
            ..message("p1", number - 100)
        })
        .collect();
    app.import(&rows).await;
    assert_eq!(app.database.count("late_messages"), 3);
    let id = rows[2].id;
    let delete = app
        .store
        .write(move |tx| tidings::store::message::delete(tx, &Scope::All, id, &reporter(), None, NOW));
    delete.await.unwrap();
    assert_eq!(app.database.count("late_messages"), 2);
    let expired = app.store.count_before(Timed::LATE, NOW + 1);
    assert_eq!(expired.await.unwrap(), 1);
    let purge = app.store.write(|tx| Timed::LATE.delete(tx, NOW + 1, 10));
    assert_eq!(purge.await.unwrap(), 1);
    assert_eq!(app.database.count("late_messages"), 1);
}

#[tokio::test]
async fn imports_at_once_take_turns() {
    let app = TestApp::start();
    let rows: Vec<Message> = (0..10).map(|_| message("p1", -50)).collect();
    let imports = rows.iter().map(|row| app.import(std::slice::from_ref(row)));
    let _: Vec<()> = futures_util::future::join_all(imports).await;
    let look = app.store.read(|conn| read_state::existing(conn, "p1", NOW));
    assert_eq!(look.await.unwrap().turn, 10);
    assert_eq!(app.database.count("late_messages"), 10);
}
