//! Reading a project's messages as they come, without losing one.

use std::sync::Arc;

use super::given::{Given, Page, window};
use crate::clock::Clock;
use crate::message::{Message, Position};
use crate::store::{self, Store};

/// A reader's place in a project's messages.
pub(super) struct Tail {
    store: Store,
    clock: Clock,
    project: String,
    given: Given,
}

impl Tail {
    /// Gives what comes after a position, and again the seconds before it, except for the position's own message.
    pub(super) fn after(store: Store, clock: Clock, project: String, position: Position) -> Self {
        let given = Given::until(position, clock.now(), window(store.deadline()));
        Self {
            store,
            clock,
            project,
            given,
        }
    }

    /// Takes all that stands now for given.
    pub(super) async fn skip(&mut self) -> Result<(), store::Error> {
        let (project, since) = (self.project.clone(), self.given.since());
        let standing = self
            .store
            .read(move |conn| store::message::positions(conn, &project, since))
            .await?;
        self.given.add(standing);
        Ok(())
    }

    /// Gives the next messages. A reading that is given up half-way has given nothing.
    pub(super) async fn read(&mut self) -> Result<Page, store::Error> {
        let settled = self.clock.now().saturating_sub(window(self.store.deadline()));
        let project = self.project.clone();
        let (since, known) = (self.given.since(), self.given.positions());
        let news = self
            .store
            .read(move |conn| store::message::news(conn, &project, since, &known))
            .await?;
        self.given.add(news.messages.iter().map(Position::of));
        let until = news.until.map_or(settled, |until| until.created_at.min(settled));
        self.given.settle(until);
        Ok(Page {
            messages: news.messages.into_iter().map(Arc::new).collect(),
            is_last: news.until.is_none(),
            since: until,
        })
    }

    /// Gives what of another reader's page was not given before.
    pub(super) fn take(&mut self, page: &Page) -> Vec<Arc<Message>> {
        self.given.take(page)
    }
}
