//! Reads a project's messages as they appear, without losing one.

use std::sync::Arc;

use super::delivered::{SentMessages, TailBatch, window};
use crate::clock::Clock;
use crate::message::{Message, Position};
use crate::store::{self, Store};

/// A reader's progress through a project's messages.
pub(super) struct Tail {
    store: Store,
    clock: Clock,
    project: String,
    delivered: SentMessages,
}

impl Tail {
    /// Starts after a position, with the window before it, except the position's own message.
    pub(super) fn after(store: Store, clock: Clock, project: String, position: Position) -> Self {
        let delivered = SentMessages::until(position, clock.now(), window(store.deadline()));
        Self {
            store,
            clock,
            project,
            delivered,
        }
    }

    /// Marks all stored messages as delivered.
    pub(super) async fn skip(&mut self) -> Result<(), store::Error> {
        let (project, since) = (self.project.clone(), self.delivered.since());
        let standing = self
            .store
            .read(move |conn| store::message::positions(conn, &project, since))
            .await?;
        self.delivered.add(standing);
        Ok(())
    }

    /// Reads the next messages. Cancelling it loses nothing.
    pub(super) async fn read(&mut self) -> Result<TailBatch, store::Error> {
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
        Ok(TailBatch {
            messages: news.messages.into_iter().map(Arc::new).collect(),
            is_last: news.until.is_none(),
            since: until,
        })
    }

    /// Returns the new messages of another reader's batch.
    pub(super) fn take(&mut self, batch: &TailBatch) -> Vec<Arc<Message>> {
        self.delivered.take(batch)
    }
}
