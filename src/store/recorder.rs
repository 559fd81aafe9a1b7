//! Recording messages: the hot path.

use std::sync::Arc;
#[cfg(any(feature = "postgres", feature = "mysql"))]
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use uuid::Uuid;

use super::activity::Activity;
use super::backend::Conn;
use super::error::Error;
use super::event::outbox;
use super::idempotency::{self, First, Key};
use super::message;
use super::writer::Job;
use crate::event::Outgoing;
use crate::message::Message;

/// What is recorded together, all or nothing.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// The messages, ids and times already fixed: a second attempt writes the same. Shared, since the caller answers
    /// with them.
    pub messages: Arc<[Message]>,
    /// The events that tell of them, or that are recorded for themselves.
    pub events: Outgoing,
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
    /// The projects of the messages, mostly one.
    fn projects(&self) -> impl Iterator<Item = &str> {
        let runs = self
            .messages
            .chunk_by(|message, next| message.project_id == next.project_id);
        runs.filter_map(<[Message]>::first)
            .map(|message| message.project_id.as_str())
    }

    /// What a key remembers: the messages, or where there are none the events.
    fn ids(&self) -> Vec<Uuid> {
        if self.messages.is_empty() {
            return self.events.events.iter().map(|event| event.message_id).collect();
        }
        self.messages.iter().map(|message| message.id).collect()
    }

    fn made_at(&self) -> Option<i64> {
        let message = self.messages.first().map(|message| message.created_at);
        message.or_else(|| self.events.events.first().map(|event| event.timestamp))
    }
}

/// A batch on its way, and somebody to tell.
pub(super) struct Recording {
    batch: Batch,
    outcome: Option<Recorded>,
    reply: oneshot::Sender<Result<Recorded, Error>>,
    #[cfg(any(feature = "postgres", feature = "mysql"))]
    since: Instant,
}

pub(super) fn job(batch: Batch) -> (Job, oneshot::Receiver<Result<Recorded, Error>>) {
    let (reply, receiver) = oneshot::channel();
    let recording = Recording {
        batch,
        outcome: None,
        reply,
        #[cfg(any(feature = "postgres", feature = "mysql"))]
        since: Instant::now(),
    };
    (Job::Record(Box::new(recording)), receiver)
}

impl Recording {
    /// About how many rows it writes.
    pub(super) fn size(&self) -> usize {
        self.batch.messages.len() + self.batch.events.events.len()
    }

    #[cfg(any(feature = "postgres", feature = "mysql"))]
    pub(super) fn has_key(&self) -> bool {
        self.batch.key.is_some()
    }

    /// Whether it writes nothing but messages.
    #[cfg(any(feature = "postgres", feature = "mysql"))]
    pub(super) fn is_plain(&self) -> bool {
        self.batch.key.is_none() && self.batch.events.is_empty()
    }

    /// Whether its caller was told that it failed, after the `deadline`. Of a caller that merely hung up the messages are
    /// recorded.
    #[cfg(any(feature = "postgres", feature = "mysql"))]
    pub(super) fn is_given_up(&self, deadline: Duration) -> bool {
        self.reply.is_closed() && self.since.elapsed() >= deadline
    }

    /// What this call makes, where its key is to remember it.
    fn made(&self) -> Option<(&Key, First)> {
        let key = self.batch.key.as_ref()?;
        let made = First {
            ids: self.batch.ids(),
            created_at: self.batch.made_at()?,
            request_id: key.request_id.clone(),
        };
        Some((key, made))
    }

    /// Does it alone, or beside others of the same transaction.
    #[cfg(feature = "sqlite")]
    pub(super) fn run(&mut self, conn: &mut Conn) -> Result<(), Error> {
        if let Some((key, made)) = self.made() {
            match idempotency::claim(conn, key, &made)? {
                Recorded::New => {}
                before => {
                    self.outcome = Some(before);
                    return Ok(());
                }
            }
        }
        message::insert(conn, &self.batch.messages.iter().collect::<Vec<_>>())?;
        if !self.batch.events.is_empty() {
            outbox::insert(conn, std::iter::once(&self.batch.events))?;
        }
        self.outcome = Some(Recorded::New);
        Ok(())
    }

    /// Wakes those who wait for what was recorded, and tells the caller.
    pub(super) fn finish(self, committed: Result<(), Error>, activity: &Activity) {
        let Self {
            batch,
            outcome,
            reply,
            ..
        } = self;
        let outcome = committed
            .and_then(|()| outcome.ok_or_else(|| Error::Broken("a recording did not run".to_owned())));
        if outcome == Ok(Recorded::New) {
            activity.announce_each(!batch.events.is_empty(), batch.projects());
        }
        // A caller that went away has no use for the answer; the message is recorded all the same.
        let _ = reply.send(outcome);
    }
}

/// Does all of them with as few statements as there can be. Where an earlier attempt `may_stand`, what it wrote is looked
/// up first.
#[cfg(any(feature = "postgres", feature = "mysql"))]
pub(super) fn record_all(
    conn: &mut Conn,
    recordings: &mut [Recording],
    may_stand: bool,
) -> Result<(), Error> {
    let claims: Vec<_> = recordings.iter().filter_map(Recording::made).collect();
    let mut claimed = idempotency::claim_all(conn, &claims)?.into_iter();
    for recording in recordings.iter_mut() {
        let claim = if recording.made().is_some() {
            claimed.next()
        } else {
            None
        };
        recording.outcome = Some(match claim {
            // The key is held by this very call: its earlier attempt came through.
            Some(Recorded::Before(first)) if may_stand && first.ids == recording.batch.ids() => Recorded::New,
            Some(outcome) => outcome,
            None => Recorded::New,
        });
    }
    let is_new = |recording: &&Recording| recording.outcome == Some(Recorded::New);
    let fresh = recordings.iter().filter(is_new).map(|recording| &recording.batch);
    let mut rows: Vec<&Message> = fresh.clone().flat_map(|batch| batch.messages.iter()).collect();
    let mut outgoing: Vec<&Outgoing> = fresh.map(|batch| &batch.events).collect();
    outgoing.retain(|events| !events.is_empty());
    if may_stand {
        let standing = message::standing(conn, &rows)?;
        rows.retain(|row| !standing.contains(&row.id));
        // Those that have arrived since are sent once more: their receivers know them by their ids.
        let mut missing = Vec::with_capacity(outgoing.len());
        for events in outgoing {
            if !outbox::stands(conn, events)? {
                missing.push(events);
            }
        }
        outgoing = missing;
    }
    message::insert(conn, &rows)?;
    outbox::insert(conn, outgoing.into_iter())
}
