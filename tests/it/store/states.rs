//! The states of messages for each user: changed, filtered by, and restored.

use tidings::message::{Change, Condition, Message, Position, Query, Scope, State, StateFilter};
use tidings::store::message;
use tidings::store::read_state::{self, ProjectUser, Seen, Undo};
use uuid::Uuid;

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

    async fn mark_all(&self, now: i64, undo: Undo) -> Undo {
        let whose = self.whose.clone();
        let write = self
            .app
            .store
            .write(move |tx| read_state::mark_until(tx, &whose, Seen::ALL, now, undo));
        write.await.unwrap()
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
