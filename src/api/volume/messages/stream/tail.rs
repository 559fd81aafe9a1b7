//! Reading a project's messages as they come, without losing one.

use std::sync::Arc;

use crate::api::volume::messages::stream::delivered::Delivered;
use crate::api::volume::messages::stream::delivered::Page;
use crate::api::volume::messages::stream::delivered::window;
use crate::clock::Clock;
use crate::message::{Message, Position};
use crate::store::{self, Store};

/// A reader's place in a project's messages.
pub(super) struct Tail {
    store: Store,
    clock: Clock,
    project: String,
    delivered: Delivered,
}

impl Tail {
    /// Gives what comes after a position, and again the seconds before it, except for the position's own message.
    pub(super) fn after(store: Store, clock: Clock, project: String, position: Position) -> Self {
        let delivered = Delivered::until(position, clock.now(), window(store.deadline()));
        Self {
            store,
            clock,
            project,
            delivered,
        }
    }

    /// Takes all that stands now for delivered.
    pub(super) async fn skip(&mut self) -> Result<(), store::Error> {
        let (project, since) = (self.project.clone(), self.delivered.since());
        let standing = self
            .store
            .read(move |conn| store::message::positions(conn, &project, since))
            .await?;
        self.delivered.add(standing);
        Ok(())
    }

    /// Gives the next messages. A reading that is given up half-way has given nothing.
    pub(super) async fn read(&mut self) -> Result<Page, store::Error> {
        let settled = self.clock.now().saturating_sub(window(self.store.deadline()));
        let project = self.project.clone();
        let (since, known) = (self.delivered.since(), self.delivered.positions());
        let news = self
            .store
            .read(move |conn| store::message::news(conn, &project, since, &known))
            .await?;
        self.delivered.add(news.messages.iter().map(Position::of));
        let until = news.until.map_or(settled, |until| until.created_at.min(settled));
        self.delivered.settle(until);
        Ok(Page {
            messages: news.messages.into_iter().map(Arc::new).collect(),
            is_last: news.until.is_none(),
            since: until,
        })
    }

    /// Gives what of another reader's page was not given before.
    pub(super) fn take(&mut self, page: &Page) -> Vec<Arc<Message>> {
        self.delivered.take(page)
    }
}
