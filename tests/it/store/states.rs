//! The states of messages for each user: changed, filtered by, and restored.

use tidings::message::{Change, Condition, Message, Position, Query, Scope, State, StateFilter};
use tidings::store::message;
use tidings::store::read_state::{self, MarkedUntil, ProjectUser, Seen, Undo};
use uuid::Uuid;

use crate::retention::purge;
use crate::support::{NOW, TestApp, message as row};

const SECOND: i64 = 1_000_000;

struct Reader<'a> {
    app: &'a TestApp,
    whose: ProjectUser,
}

impl<'a> Reader<'a> {
    fn new(app: &'a TestApp, user: &str) -> Self {
        let whose = ProjectUser {
            project: "p1".to_owned(),
            user: user.to_owned(),
        };
        Self { app, whose }
    }

    async fn change(&self, change: Change, rows: &[Message], undo: Undo) -> usize {
        let whose = self.whose.clone();
        let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
        let write = self
            .app
            .store
            .write(move |tx| read_state::change(tx, &whose, &ids, change, undo));
        write.await.unwrap()
    }

    async fn mark_some(&self, now: i64, undo: Undo) -> MarkedUntil {
        let whose = self.whose.clone();
        let write = self
            .app
            .store
            .write(move |tx| read_state::mark_until(tx, &whose, Seen::ALL, now, undo));
        write.await.unwrap()
    }

    async fn mark_all(&self, now: i64, undo: Undo) -> Undo {
        match self.mark_some(now, undo).await {
            MarkedUntil::All(undo) => undo,
            MarkedUntil::Some => panic!("there are too many"),
        }
    }

    async fn inbox(&self) -> Vec<Uuid> {
        let scope = Scope::Project("p1".to_owned());
        let query = Query {
            conditions: vec![Condition::State(self.whose.user.clone(), StateFilter::Inbox)],
            ..Query::newest(scope.clone(), 1000)
        };
        let read = self.app.store.search(&scope, move |read| {
            let mut ids = Vec::new();
            message::list(read, &query, &mut |row| ids.push(row.id))?;
            Ok(ids)
        });
        read.await.unwrap()
    }

    async fn undo(&self, undo: Undo) -> usize {
        let whose = self.whose.clone();
        let write = self
            .app
            .store
            .write(move |tx| read_state::undo(tx, &whose, &undo));
        write.await.unwrap()
    }

    async fn states(&self, rows: &[Message]) -> Vec<State> {
        let whose = self.whose.clone();
        let positions: Vec<Position> = rows.iter().map(Position::of).collect();
        let read = self.app.store.read(move |conn| {
            let states = read_state::states_among(conn, &whose, &positions)?;
            Ok(positions.iter().map(|row| states[&row.id]).collect())
        });
        read.await.unwrap()
    }

    /// How many messages each filter selects: unread, read, done, inbox; and the unread ones as they are counted.
    async fn filtered(&self) -> [usize; 5] {
        let mut counts = [0; 5];
        for (count, filter) in counts.iter_mut().zip(StateFilter::ALL) {
            let query = Query {
                conditions: vec![Condition::State(self.whose.user.clone(), filter)],
                ..Query::newest(Scope::Project("p1".to_owned()), 1000)
            };
            let read = self.app.store.read(move |conn| {
                let mut count = 0;
                message::list(conn, &query, &mut |_| count += 1)?;
                Ok(count)
            });
            *count = read.await.unwrap();
        }
        let whose = self.whose.clone();
        let unread = self
            .app
            .store
            .read(move |conn| read_state::unread(conn, &whose, 1000));
        counts[4] = usize::try_from(unread.await.unwrap().count).unwrap();
        counts
    }
}

async fn filled(count: i64) -> (TestApp, Vec<Message>) {
    let app = TestApp::start();
    let rows: Vec<Message> = (0..count).map(|second| row("p1", second - 100)).collect();
    app.import(&rows).await;
    (app, rows)
}

#[tokio::test]
async fn each_change_has_its_effect_on_one_user_alone() {
    use State::{Done, Read, Unread};
    let (app, rows) = filled(4).await;
    let (alice, bob) = (Reader::new(&app, "alice"), Reader::new(&app, "bob"));
    for (change, of, changed, after) in [
        (Change::Read, &rows[..2], 2, [Read, Read, Unread, Unread]),
        (Change::Read, &rows[..3], 1, [Read, Read, Read, Unread]),
        (Change::Done, &rows[2..], 2, [Read, Read, Done, Done]),
        // What is done is read already, and nothing brings it back by the way.
        (Change::Read, &rows[..], 0, [Read, Read, Done, Done]),
        (Change::Undone, &rows[1..3], 1, [Read, Read, Read, Done]),
        (Change::Unread, &rows[..], 4, [Unread, Unread, Unread, Unread]),
    ] {
        assert_eq!(alice.change(change, of, Undo::new()).await, changed, "{change:?}");
        assert_eq!(alice.states(&rows).await, after, "{change:?}");
    }
    alice.change(Change::Done, &rows[..1], Undo::new()).await;
    alice.change(Change::Read, &rows[1..2], Undo::new()).await;
    assert_eq!(alice.filtered().await, [2, 1, 1, 3, 2]);
    assert_eq!(bob.filtered().await, [4, 0, 0, 4, 4]);
}

#[tokio::test]
async fn what_the_watermark_covers_can_be_unread_and_done_too() {
    let (app, rows) = filled(5).await;
    let alice = Reader::new(&app, "alice");
    alice.mark_all(NOW, Undo::new()).await;
    assert_eq!(alice.filtered().await, [0, 5, 0, 5, 0]);
    assert_eq!(alice.change(Change::Unread, &rows[..2], Undo::new()).await, 2);
    assert_eq!(alice.change(Change::Done, &rows[3..], Undo::new()).await, 2);
    assert_eq!(alice.filtered().await, [2, 1, 2, 3, 2]);
    // A late arrival and a new message are unread, and in the inbox, though the same was done.
    app.import(&[row("p1", -200), row("p1", 5)]).await;
    assert_eq!(alice.filtered().await, [4, 1, 2, 5, 4]);
    // Marking all reads those that were marked unread as well, and leaves alone what is done.
    alice.mark_all(NOW + 60 * SECOND, Undo::new()).await;
    assert_eq!(alice.filtered().await, [0, 5, 2, 5, 0]);
}

#[tokio::test]
async fn undoing_restores_exactly_what_was_changed() {
    let (app, rows) = filled(6).await;
    let alice = Reader::new(&app, "alice");
    alice.change(Change::Read, &rows[..2], Undo::new()).await;
    alice.change(Change::Done, &rows[4..], Undo::new()).await;
    let before = alice.states(&rows).await;
    for change in Change::ALL {
        let undo = Undo::new();
        let changed = alice.change(change, &rows, undo).await;
        assert_eq!(Reader::new(&app, "bob").undo(undo).await, 0, "it is not his");
        assert_eq!(alice.undo(undo).await, changed, "{change:?}");
        assert_eq!(alice.states(&rows).await, before, "{change:?}");
        assert_eq!(alice.undo(undo).await, 0, "once");
    }
    // What was changed again since stays so.
    let undo = Undo::new();
    alice.change(Change::Done, &rows, undo).await;
    alice.change(Change::Unread, &rows[..1], Undo::new()).await;
    assert_eq!(alice.undo(undo).await, 3);
    assert_eq!(alice.states(&rows).await[..2], [State::Unread, State::Read]);
}

#[tokio::test]
async fn undoing_a_watermark_moves_it_back_unless_it_has_moved_on() {
    let (app, rows) = filled(3).await;
    let alice = Reader::new(&app, "alice");
    alice.change(Change::Read, &rows[..1], Undo::new()).await;
    let undo = alice.mark_all(NOW, Undo::new()).await;
    assert_eq!(alice.filtered().await[0], 0);
    let text = undo.to_string();
    alice.undo(Undo::parse(&text).unwrap()).await;
    assert_eq!(alice.filtered().await, [2, 1, 0, 3, 2]);
    let undo = alice.mark_all(NOW, Undo::new()).await;
    app.import(&[row("p1", -1)]).await;
    alice.mark_all(NOW + 60 * SECOND, Undo::new()).await;
    alice.undo(undo).await;
    assert_eq!(alice.filtered().await[0], 0);
}

#[tokio::test]
async fn of_two_callers_at_once_each_message_is_changed_by_one() {
    let (app, rows) = filled(20).await;
    let alice = Reader::new(&app, "alice");
    for change in [Change::Done, Change::Unread, Change::Read] {
        let all = (0..8).map(|_| alice.change(change, &rows, Undo::new()));
        let changed: Vec<usize> = futures_util::future::join_all(all).await;
        assert_eq!(
            changed.iter().sum::<usize>(),
            rows.len(),
            "{change:?}: {changed:?}"
        );
    }
    assert_eq!(app.database.count("read_marks"), 20);
}

#[tokio::test]
async fn of_a_reading_and_a_done_at_once_none_is_lost() {
    let (app, rows) = filled(20).await;
    for round in 0..10 {
        let alice = Reader::new(&app, &format!("alice{round}"));
        let changes = [Change::Read, Change::Done].repeat(4);
        let all = changes
            .into_iter()
            .map(|change| alice.change(change, &rows, Undo::new()));
        futures_util::future::join_all(all).await;
        assert_eq!(alice.states(&rows).await, [State::Done; 20], "{round}");
    }
}

#[tokio::test]
async fn one_transaction_reads_a_thousand_that_were_marked_as_unread() {
    let (app, rows) = filled(2300).await;
    let alice = Reader::new(&app, "alice");
    alice.mark_all(NOW + 5000 * SECOND, Undo::new()).await;
    assert_eq!(alice.change(Change::Unread, &rows, Undo::new()).await, 2300);
    let (undo, now) = (Undo::new(), NOW + 5000 * SECOND);
    for left in [1300, 300] {
        assert_eq!(alice.mark_some(now, undo).await, MarkedUntil::Some);
        let states = alice.states(&rows).await;
        let unread = states.iter().filter(|state| **state == State::Unread).count();
        assert_eq!(unread, left);
    }
    let undo = alice.mark_all(now, undo).await;
    assert_eq!(alice.states(&rows).await, [State::Read; 2300]);
    assert_eq!(alice.undo(undo).await, 2300, "as one action");
}

#[tokio::test]
async fn a_corrected_message_keeps_its_states() {
    let (app, mut rows) = filled(3).await;
    let alice = Reader::new(&app, "alice");
    assert_eq!(alice.change(Change::Done, &rows, Undo::new()).await, 3);
    rows[0].created_at -= SECOND;
    rows[1].expires_at = Some(NOW + SECOND);
    let corrected = rows.clone();
    let write = app.store.write(move |tx| message::correct(tx, &corrected));
    assert_eq!(write.await.unwrap(), 2);
    assert_eq!(alice.states(&rows).await, [State::Done; 3]);
    assert!(alice.inbox().await.is_empty());
}

#[tokio::test]
async fn a_purge_that_stops_early_leaves_the_states_of_what_it_leaves() {
    let app = TestApp::start();
    let rows: Vec<Message> = (0..3)
        .map(|_| Message {
            expires_at: Some(NOW - 1),
            ..row("p1", -100)
        })
        .collect();
    app.import(&rows).await;
    let alice = Reader::new(&app, "alice");
    assert_eq!(alice.change(Change::Done, &rows, Undo::new()).await, 3);
    let report = purge(&app, 2, Some(1)).run(|_| ()).await.unwrap();
    assert_eq!((report.messages, report.read_marks), (1, 0));
    assert!(alice.inbox().await.is_empty());
    let report = purge(&app, 2, None).run(|_| ()).await.unwrap();
    // With the notes of their late arrival.
    assert_eq!((report.messages, report.read_marks), (2, 6));
}

#[tokio::test]
async fn runs_of_done_messages_hide_no_other_message() {
    let app = TestApp::start();
    let mut rows: Vec<Message> = (0..3000).map(|index| row("p1", -index)).collect();
    for (index, row) in (0..).zip(&mut rows) {
        row.expires_at = match index {
            // As many expire first as are not done.
            2500..2503 => Some(NOW + index),
            _ if index % 2 == 0 => None,
            _ => Some(NOW + 100 * SECOND),
        };
    }
    for part in rows.chunks(500) {
        app.import(part).await;
    }
    let alice = Reader::new(&app, "alice");
    let inbox = [0, 1200, 2600, 2601, 2999];
    let is_done = |index: &usize| !inbox.contains(index);
    let done: Vec<Message> = (0..3000)
        .filter(is_done)
        .map(|index| rows[index].clone())
        .collect();
    assert_eq!(alice.change(Change::Done, &done, Undo::new()).await, 2995);
    let expected = inbox.map(|index| rows[index].id);
    assert_eq!(alice.inbox().await, expected);
    // Purged messages whose marks are purged later.
    app.database.execute(&format!(
        "DELETE FROM messages WHERE expires_at < {}",
        NOW + SECOND
    ));
    assert_eq!(app.database.count("messages"), 2997);
    assert_eq!(alice.inbox().await, expected);
    // One that arrives late lies within a run.
    let late = row("p1", -700);
    app.import(std::slice::from_ref(&late)).await;
    assert_eq!(alice.inbox().await.len(), 6);
    assert_eq!(alice.inbox().await[1], late.id);
    // A mark that is left over does not stand for it.
    app.database.execute(&format!(
        "DELETE FROM messages WHERE created_at = {}",
        rows[710].created_at
    ));
    assert_eq!(alice.inbox().await[1], late.id);
}
