//! What one client is delivered: from the store while it is behind, and then what the poller finds.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::broadcast::error::RecvError;

use crate::api::volume::messages::stream::hub::Subscription;
use crate::api::volume::messages::stream::tail::Tail;
use crate::message::Message;
use crate::store;

/// A client's place in the messages of its project.
pub(super) struct Follower {
    subscription: Subscription,
    tail: Tail,
    is_behind: bool,
    /// Read, and to be given next.
    ready: VecDeque<Arc<Message>>,
}

impl Follower {
    /// Of a client that has what the tail has delivered, and nothing more.
    pub(super) fn behind(subscription: Subscription, tail: Tail) -> Self {
        Self {
            subscription,
            tail,
            is_behind: true,
            ready: VecDeque::new(),
        }
    }

    /// Of a client that has everything that stands now.
    pub(super) async fn new(subscription: Subscription, mut tail: Tail) -> Result<Self, store::Error> {
        tail.skip().await?;
        Ok(Self {
            is_behind: false,
            ..Self::behind(subscription, tail)
        })
    }

    /// Waits for the next message; none when there is no poller any more. One that is given up half-way has lost nothing.
    pub(super) async fn next(&mut self) -> Result<Option<Arc<Message>>, store::Error> {
        loop {
            if let Some(message) = self.ready.pop_front() {
                return Ok(Some(message));
            }
            if self.is_behind {
                self.catch_up().await?;
            } else if !self.listen().await {
                return Ok(None);
            }
        }
    }

    async fn catch_up(&mut self) -> Result<(), store::Error> {
        // What was sent so far is read below, and what is committed after that is sent later.
        self.subscription.messages = self.subscription.messages.resubscribe();
        let page = self.tail.read().await?;
        self.ready.extend(page.messages);
        self.is_behind = !page.is_last;
        Ok(())
    }

    /// Whether there may be more.
    async fn listen(&mut self) -> bool {
        match self.subscription.messages.recv().await {
            Ok(page) => {
                self.ready.extend(self.tail.take(&page));
                true
            }
            // The client reads slower than others write. What it was not given is in the store.
            Err(RecvError::Lagged(missed)) => {
                tracing::debug!(missed, "an event stream goes on from the store");
                self.is_behind = true;
                true
            }
            Err(RecvError::Closed) => false,
        }
    }
}
