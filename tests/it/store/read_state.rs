//! What users have read.

use std::collections::HashSet;

use tidings::message::{Message, Position, Scope};
use tidings::store::read_state::{self, Reader, Unread};
use uuid::Uuid;

use crate::support::{NOW, TestApp, message};

const SECOND: i64 = 1_000_000;

/// As many as are counted.
const MOST: u32 = 1000;

fn reader(user: &str) -> Reader {
    Reader {
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
    let write = app.store.write(move |tx| read_state::mark(tx, &reader, &ids));
    write.await.unwrap();
}

async fn mark_until(app: &TestApp, user: &str, until: i64, now: i64) {
    let reader = reader(user);
    let write = app
        .store
        .write(move |tx| read_state::mark_until(tx, &reader, until, now));
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
    // One that is committed later than its time says is not read before anybody saw it.
    let late = message("p1", 16);
    app.import(std::slice::from_ref(&late)).await;
    assert_eq!(
        among(&app, "alice", std::slice::from_ref(&late)).await,
        HashSet::from([late.id])
    );
    // It goes forward only.
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
    let delete = app.store.write(move |tx| {
        let tell = |_: &str| tidings::event::Outgoing::default();
        tidings::store::message::delete(tx, &Scope::All, id, tell)
    });
    delete.await.unwrap();
    assert_eq!(app.database.count("read_marks"), 4);
    let purge = app.store.write(|tx| {
        tidings::store::message::delete_expired(tx, NOW + 1, 10)?;
        // A batch is no larger because one message has several marks.
        let marks = [1, 10].map(|limit| read_state::delete_expired(tx, NOW + 1, limit));
        let [one, other] = marks;
        Ok((one?, other?, read_state::delete_passed(tx, NOW, 10)?))
    });
    // Both marks of the message that expired; no watermark, since one message is older than each.
    assert_eq!(purge.await.unwrap(), (1, 1, 0));
    let last = app.store.write(|tx| {
        tidings::store::message::delete_expired(tx, NOW + 2 * SECOND, 10)?;
        let marks = read_state::delete_expired(tx, NOW + 2 * SECOND, 10)?;
        let watermarks = [1, 10].map(|limit| read_state::delete_passed(tx, NOW, limit));
        let [one, other] = watermarks;
        Ok((marks, one?, other?))
    });
    assert_eq!(last.await.unwrap(), (2, 1, 1));
}
