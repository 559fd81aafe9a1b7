//! Reading a project's messages as they come, without losing one.
//!
//! The order of (`created_at`, id) is not the order of commits across servers, so each reading goes back some seconds,
//! and what was given before is dropped by its position.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::clock::Clock;
use crate::message::{Message, Position, time};
use crate::store::{self, Store};

/// How far back each reading goes, in microseconds: longer than a commit takes anywhere, and than clocks differ.
const WINDOW: i64 = 10 * time::SECOND;

/// A reader's place in a project's messages.
pub(super) struct Tail {
    store: Store,
    clock: Clock,
    project: String,
    /// All that was made before this time was given, and nothing will come that was.
    since: i64,
    /// What was given of what was made since then.
    given: Arc<BTreeSet<Position>>,
}

/// What one reading found.
pub(super) struct Page {
    /// The oldest first.
    pub(super) messages: Vec<Arc<Message>>,
    /// Whether there was nothing after them.
    pub(super) is_last: bool,
}

impl Tail {
    /// Gives what comes after a position, and again the seconds before it, except for the position's own message.
    pub(super) fn after(store: Store, clock: Clock, project: String, position: Position) -> Self {
        // A position in the future comes from a clock that was wrong.
        let since = position.created_at.min(clock.now()).saturating_sub(WINDOW);
        Self {
            store,
            clock,
            project,
            since,
            given: Arc::new(BTreeSet::from([position])),
        }
    }

    /// Takes all that stands now for given.
    pub(super) async fn skip(&mut self) -> Result<(), store::Error> {
        let (project, since) = (self.project.clone(), self.since);
        let standing = self
            .store
            .read(move |conn| store::message::positions(conn, &project, since))
            .await?;
        Arc::make_mut(&mut self.given).extend(standing);
        Ok(())
    }

    /// Gives the next messages. One that is given up half-way has given nothing.
    pub(super) async fn read(&mut self) -> Result<Page, store::Error> {
        let settled = self.clock.now().saturating_sub(WINDOW);
        let (project, since, given) = (self.project.clone(), self.since, Arc::clone(&self.given));
        let news = self
            .store
            .read(move |conn| store::message::news(conn, &project, since, &given))
            .await?;
        Arc::make_mut(&mut self.given).extend(news.messages.iter().map(Position::of));
        self.settle(news.until.map_or(settled, |until| until.created_at.min(settled)));
        Ok(Page {
            messages: news.messages.into_iter().map(Arc::new).collect(),
            is_last: news.until.is_none(),
        })
    }

    /// Notes that a message is given, and says whether it is so for the first time.
    pub(super) fn give(&mut self, message: &Message) -> bool {
        Arc::make_mut(&mut self.given).insert(Position::of(message))
    }

    /// The time, in microseconds, before which nothing new will come.
    pub(super) fn since(&self) -> i64 {
        self.since
    }

    /// Nothing new will come that was made before this time, in microseconds.
    pub(super) fn settle(&mut self, since: i64) {
        self.since = since;
        let first = Position::at(since);
        if self.given.first().is_some_and(|oldest| *oldest < first) {
            self.given = Arc::new(Arc::make_mut(&mut self.given).split_off(&first));
        }
    }
}
