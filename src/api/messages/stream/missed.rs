//! What a client missed between two streams.

use std::collections::VecDeque;

use uuid::Uuid;

use super::{Position, poller, read, since};
use crate::message::{Message, Query};
use crate::store::{self, Store};

/// Messages that are read at a time.
const PAGE: i64 = 1000;

/// Gives, oldest first, the messages after a position, page by page.
///
/// A message written by another server may have an earlier time than one that was seen before it, so the last seconds
/// before the position are given again.
pub(super) struct Missed {
    store: Store,
    /// Asks for the next page; none after the last one.
    query: Option<Query>,
    page: VecDeque<Message>,
    position: Position,
    /// What was given and is so young that the subscription gives it, too.
    given: VecDeque<Position>,
}

impl Missed {
    pub(super) fn after(store: Store, project: String, position: Position) -> Self {
        let from = position.created_at.saturating_sub(poller::WINDOW);
        Self {
            store,
            query: Some(since(project, from, PAGE)),
            page: VecDeque::new(),
            position,
            given: VecDeque::new(),
        }
    }

    /// The next message; none when the client has everything that was recorded before the subscription.
    pub(super) async fn next(&mut self) -> Result<Option<Message>, store::Error> {
        loop {
            if let Some(message) = self.page.pop_front() {
                if message.id == self.position.id {
                    continue;
                }
                self.remember(&message);
                return Ok(Some(message));
            }
            let Some(mut query) = self.query.take() else {
                return Ok(None);
            };
            self.page = read(&self.store, query.clone()).await?.into();
            if let Some(last) = self
                .page
                .back()
                .filter(|_| self.page.len() as u64 == PAGE.unsigned_abs())
            {
                query.marker = Some(last.id);
                self.query = Some(query);
            }
        }
    }

    /// Whether this message was given already.
    pub(super) fn gave(&self, id: Uuid) -> bool {
        self.given.iter().any(|given| given.id == id)
    }

    fn remember(&mut self, message: &Message) {
        let oldest = message.created_at.saturating_sub(poller::WINDOW);
        while self.given.front().is_some_and(|given| given.created_at < oldest) {
            self.given.pop_front();
        }
        self.given.push_back(Position {
            created_at: message.created_at,
            id: message.id,
        });
    }
}
