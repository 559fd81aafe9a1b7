//! Recording messages: the hot path.

use std::sync::Arc;

use tokio::sync::oneshot;
use uuid::Uuid;

use super::backend::Conn;
use super::error::Error;
use super::idempotency::{self, First, Key};
use super::writer::{Job, Work};
use super::{message, projects};
use crate::message::Message;

/// What is recorded together, all or nothing.
#[derive(Debug, Clone)]
pub struct Batch {
    /// The messages, ids and times already fixed: a second attempt writes the same. Shared, since the caller answers
    /// with them.
    pub messages: Arc<[Message]>,
    /// The caller's key, when it gave one.
    pub key: Option<Key>,
}

/// What became of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recorded {
    /// It was recorded now.
    New,
    /// The same request was recorded before; this is what it made.
    Before(First),
    /// The key was used before, with another request.
    Mismatch,
}

impl Batch {
    pub(super) fn projects(&self) -> Vec<String> {
        projects(&self.messages)
    }

    fn ids(&self) -> Vec<Uuid> {
        self.messages.iter().map(|message| message.id).collect()
    }
}

struct Recording {
    batch: Batch,
    outcome: Option<Recorded>,
    reply: oneshot::Sender<Result<Recorded, Error>>,
}

pub(super) fn job(batch: Batch) -> (Job, oneshot::Receiver<Result<Recorded, Error>>) {
    let (reply, receiver) = oneshot::channel();
    (
        Box::new(Recording {
            batch,
            outcome: None,
            reply,
        }),
        receiver,
    )
}

impl Work for Recording {
    fn size(&self) -> usize {
        self.batch.messages.len()
    }

    fn run(&mut self, conn: &mut Conn) -> Result<(), Error> {
        if let (Some(key), Some(message)) = (&self.batch.key, self.batch.messages.first()) {
            let made = First {
                ids: self.batch.ids(),
                created_at: message.created_at,
                request_id: key.request_id.clone(),
            };
            match idempotency::claim(conn, key, &made)? {
                Recorded::New => {}
                before => {
                    self.outcome = Some(before);
                    return Ok(());
                }
            }
        }
        message::insert(conn, &self.batch.messages)?;
        self.outcome = Some(Recorded::New);
        Ok(())
    }

    fn finish(self: Box<Self>, committed: Result<(), Error>) {
        let Self { outcome, reply, .. } = *self;
        let outcome = committed
            .and_then(|()| outcome.ok_or_else(|| Error::Broken("a recording did not run".to_owned())));
        // A caller that went away has no use for the answer; the message is recorded all the same.
        let _ = reply.send(outcome);
    }
}
