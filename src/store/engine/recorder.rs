//! Recording messages: the hot path.

use std::sync::Arc;
#[cfg(any(feature = "postgres", feature = "mysql"))]
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use uuid::Uuid;

use super::activity::Activity;
use super::horizon::Horizon;
use crate::event::Outgoing;
use crate::message::{Message, Tallied};
use crate::store::connection::Conn;
use crate::store::error::Error;
use crate::store::tables::delivery;
use crate::store::tables::idempotency::{self, FirstRequest, IdempotencyKey, Recorded};
use crate::store::tables::message;
use crate::store::tables::rollup;
use crate::store::tables::subscription;

/// Messages and events that are recorded together or not at all.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// The messages, their ids and times already fixed: a second attempt writes the same. Shared, since the caller's answer
    /// contains them.
    pub messages: Arc<[Message]>,
    /// The events about them, or events of their own.
    pub events: Outgoing,
    /// The caller's idempotency key, if any.
    pub key: Option<IdempotencyKey>,
}

impl Batch {
    /// The projects of the messages, usually one.
    fn projects(&self) -> impl Iterator<Item = &str> {
        let runs = self
            .messages
            .chunk_by(|message, next| message.project_id == next.project_id);
        runs.filter_map(<[Message]>::first)
            .map(|message| message.project_id.as_str())
    }

    /// The ids that a key remembers: of the messages or, if there are none, of the events.
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

/// The outcome of an attempt to record a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) enum Outcome {
    /// It was recorded, now or before.
    Done(Recorded),
    /// Nothing was recorded: the subscriptions have changed since the events were made.
    Stale,
}

impl Outcome {
    const NEW: Self = Self::Done(Recorded::New);
}

/// A batch and its waiting caller.
pub(in crate::store) struct Recording {
    batch: Batch,
    outcome: Option<Outcome>,
    reply: oneshot::Sender<Result<Outcome, Error>>,
    #[cfg(any(feature = "postgres", feature = "mysql"))]
    since: Instant,
}

impl Recording {
    /// The recording of a batch, and where its result arrives.
    pub(in crate::store) fn of(batch: Batch) -> (Self, oneshot::Receiver<Result<Outcome, Error>>) {
        let (reply, receiver) = oneshot::channel();
        let recording = Self {
            batch,
            outcome: None,
            reply,
            #[cfg(any(feature = "postgres", feature = "mysql"))]
            since: Instant::now(),
        };
        (recording, receiver)
    }

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

    /// Whether the caller was answered with a failure, after the `deadline`. The messages of one that merely hung up are
    /// recorded.
    #[cfg(any(feature = "postgres", feature = "mysql"))]
    pub(super) fn is_given_up(&self, deadline: Duration) -> bool {
        self.reply.is_closed() && self.since.elapsed() >= deadline
    }

    /// Whether roll-ups may have passed its messages: it waited long, or this server's clock is behind.
    pub(super) fn is_late(&self, horizon: &Horizon) -> bool {
        let mut messages = self.batch.messages.iter();
        messages.any(|message| horizon.has_passed(message.created_at) == Some(true))
    }

    /// The key of this call, if any, and what it is to remember.
    fn made(&self) -> Option<(&IdempotencyKey, FirstRequest)> {
        let key = self.batch.key.as_ref()?;
        let made = FirstRequest {
            ids: self.batch.ids(),
            created_at: self.batch.made_at()?,
            request_id: key.request_id.clone(),
        };
        Some((key, made))
    }

    /// Whether the batch was made before the subscriptions changed, so that it may lack events. `version` is theirs, read once
    /// per transaction.
    fn is_stale(&self, conn: &mut Conn, version: &mut Option<i64>) -> Result<bool, Error> {
        let events = &self.batch.events;
        let Some(subscribers) = &events.subscribers else {
            return Ok(false);
        };
        let version = match *version {
            Some(version) => version,
            None => *version.insert(subscription::version(conn)?),
        };
        if events.subscribed.version == version {
            return Ok(false);
        }
        subscription::note(conn, subscribers, version)?;
        Ok(true)
    }

    /// Records this batch, beside others of the same transaction.
    #[cfg(feature = "sqlite")]
    pub(super) fn run(
        &mut self,
        conn: &mut Conn,
        version: &mut Option<i64>,
        horizon: &Horizon,
    ) -> Result<(), Error> {
        if self.is_stale(conn, version)? {
            self.outcome = Some(Outcome::Stale);
            return Ok(());
        }
        if let Some((key, made)) = self.made() {
            match idempotency::claim(conn, key, &made)? {
                Recorded::New => {}
                before => {
                    self.outcome = Some(Outcome::Done(before));
                    return Ok(());
                }
            }
        }
        message::insert(conn, &self.batch.messages.iter().collect::<Vec<_>>())?;
        if !self.batch.events.is_empty() {
            delivery::insert(conn, std::iter::once(&self.batch.events))?;
        }
        if self.is_late(horizon) {
            settle(conn, self.batch.messages.iter())?;
        }
        self.outcome = Some(Outcome::NEW);
        Ok(())
    }

    /// Wakes watchers and answers the caller.
    pub(super) fn finish(self, committed: Result<(), Error>, activity: &Activity) {
        let Self {
            batch,
            outcome,
            reply,
            ..
        } = self;
        let outcome = committed
            .and_then(|()| outcome.ok_or_else(|| Error::Broken("a recording did not run".to_owned())));
        if outcome == Ok(Outcome::NEW) {
            activity.count(&batch.messages);
            activity.announce_each(!batch.events.is_empty(), batch.projects());
        }
        // The caller may have gone away; the message is recorded all the same.
        let _ = reply.send(outcome);
    }
}

/// Records all batches with as few statements as possible. If an earlier attempt may have been committed, what it wrote is
/// looked up first. If one of them `is_late`, roll-ups may have passed its messages.
#[cfg(any(feature = "postgres", feature = "mysql"))]
pub(super) fn record_all(
    conn: &mut Conn,
    recordings: &mut [Recording],
    may_exist: bool,
    is_late: bool,
) -> Result<(), Error> {
    let mut version = None;
    for recording in recordings.iter_mut() {
        // An attempt that may have been committed is looked up as it was.
        let was_stale = recording.outcome == Some(Outcome::Stale);
        let is_stale = was_stale || (!may_exist && recording.is_stale(conn, &mut version)?);
        recording.outcome = is_stale.then_some(Outcome::Stale);
    }
    let is_current = |recording: &&Recording| recording.outcome != Some(Outcome::Stale);
    let current = recordings.iter().filter(is_current);
    let claims: Vec<_> = current.filter_map(Recording::made).collect();
    let mut claimed = idempotency::claim_all(conn, &claims)?.into_iter();
    for recording in recordings.iter_mut() {
        if recording.outcome == Some(Outcome::Stale) {
            continue;
        }
        let claim = if recording.made().is_some() {
            claimed.next()
        } else {
            None
        };
        recording.outcome = Some(Outcome::Done(match claim {
            // This very call holds the key: its earlier attempt was committed.
            Some(Recorded::Before(first)) if may_exist && first.ids == recording.batch.ids() => Recorded::New,
            Some(outcome) => outcome,
            None => Recorded::New,
        }));
    }
    let is_new = |recording: &&Recording| recording.outcome == Some(Outcome::NEW);
    let fresh = recordings.iter().filter(is_new).map(|recording| &recording.batch);
    let mut rows: Vec<&Message> = fresh.clone().flat_map(|batch| batch.messages.iter()).collect();
    let mut outgoing: Vec<&Outgoing> = fresh.map(|batch| &batch.events).collect();
    outgoing.retain(|events| !events.is_empty());
    if may_exist {
        let existing = message::existing(conn, &rows)?;
        rows.retain(|row| !existing.contains(&row.id));
        // Events delivered since are sent once more: receivers deduplicate them by id.
        let mut missing = Vec::with_capacity(outgoing.len());
        for events in outgoing {
            if !delivery::exists(conn, events)? {
                missing.push(events);
            }
        }
        outgoing = missing;
    }
    message::insert(conn, &rows)?;
    delivery::insert(conn, outgoing.into_iter())?;
    if is_late {
        settle(conn, rows.into_iter())?;
    }
    Ok(())
}

/// Counts the messages that roll-ups have passed.
fn settle<'m>(conn: &mut Conn, messages: impl Iterator<Item = &'m Message>) -> Result<(), Error> {
    let messages: Vec<Tallied> = messages.map(Tallied::of).collect();
    rollup::settle(conn, &messages, &[], &[])
}
