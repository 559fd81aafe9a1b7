//! Delivers to one client: from the store while the client is behind, then from the poller.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::broadcast::error::RecvError;

use super::hub::Subscription;
use super::tail::Tail;
use crate::message::Message;
use crate::store;

/// A client's progress through the messages of its project.
pub(super) struct StreamItems {
    subscription: Subscription,
    tail: Tail,
    is_behind: bool,
    /// Read, to be delivered next.
    ready: VecDeque<StreamItem>,
}

/// A message to be delivered.
pub(super) struct StreamItem {
    pub(super) message: Arc<Message>,
    /// Whether it is not in the order of time, so that a client cannot continue after it.
    pub(super) is_late: bool,
}

/// Returns the messages as items.
fn items(messages: &[Arc<Message>], is_late: bool) -> impl Iterator<Item = StreamItem> {
    messages.iter().map(move |message| StreamItem {
        message: Arc::clone(message),
        is_late,
    })
}

impl StreamItems {
    /// For a client that has what the tail has delivered, and nothing more.
    pub(super) fn behind(subscription: Subscription, tail: Tail) -> Self {
        Self {
            subscription,
            tail,
            is_behind: true,
            ready: VecDeque::new(),
        }
    }

    /// For a client that needs only new messages.
    pub(super) async fn new(subscription: Subscription, mut tail: Tail) -> Result<Self, store::Error> {
        tail.skip().await?;
        Ok(Self {
            is_behind: false,
            ..Self::behind(subscription, tail)
        })
    }

    /// Waits for the next message; none when the poller is gone. Cancelling it loses nothing.
    pub(super) async fn next(&mut self) -> Result<Option<StreamItem>, store::Error> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                return Ok(Some(item));
            }
            if self.is_behind {
                self.catch_up().await?;
            } else if !self.listen().await {
                return Ok(None);
            }
        }
    }

    async fn catch_up(&mut self) -> Result<(), store::Error> {
        // What was sent so far is read below; what is committed later is sent later.
        self.subscription.messages = self.subscription.messages.resubscribe();
        let batch = self.tail.read().await?;
        self.ready.extend(items(&batch.messages, false));
        self.ready.extend(items(&batch.late, true));
        self.is_behind = !batch.is_last;
        Ok(())
    }

    /// Returns whether more may follow.
    async fn listen(&mut self) -> bool {
        match self.subscription.messages.recv().await {
            Ok(batch) => {
                let (new, late) = self.tail.take(&batch);
                self.ready.extend(items(&new, false));
                self.ready.extend(items(late, true));
                true
            }
            // The client is slow. What it missed is in the store.
            Err(RecvError::Lagged(missed)) => {
                tracing::debug!(missed, "an event stream goes on from the store");
                self.is_behind = true;
                true
            }
            Err(RecvError::Closed) => false,
        }
    }
}
